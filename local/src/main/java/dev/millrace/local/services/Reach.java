package dev.millrace.local.services;

/** From where the embedded servers can be reached. */
public enum Reach {
    /** From this machine alone, the default. */
    THIS_MACHINE("127.0.0.1"),

    /**
     * From every machine that finds this one, as in a pod that serves others. Nothing is encrypted; PostgreSQL asks for the password that
     * everybody knows, Redis and the emulator for none.
     */
    OTHER_MACHINES("0.0.0.0");

    private final String host;

    Reach(String host) {
        this.host = host;
    }

    /** The address to listen on; IPv4, as the embedded servers do. */
    public String host() {
        return host;
    }
}
