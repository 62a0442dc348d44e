package dev.millrace.processor.yaml;

/** What is wrong at a place of a file; line and column count from 1. */
public record Problem(int line, int column, String reason) {

    @Override
    public String toString() {
        return "line " + line + ", column " + column + ": " + reason;
    }
}
