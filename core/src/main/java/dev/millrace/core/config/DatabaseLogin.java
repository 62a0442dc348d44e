package dev.millrace.core.config;

/** Who logs in to PostgreSQL, and with which password; an empty one is none. */
public record DatabaseLogin(String user, String password) {

    /** Without the password. */
    @Override
    public String toString() {
        return "DatabaseLogin[" + user + "]";
    }
}
