package dev.millrace.processor;

import dev.millrace.core.lifecycle.Launcher;

/** The processor as a process. */
public final class ProcessorMain {

    private ProcessorMain() {}

    public static void main(String[] arguments) {
        Launcher.run("processor", ProcessorConfig::read, ProcessorApp::new);
    }
}
