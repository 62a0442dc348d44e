package dev.millrace.gateway;

import dev.millrace.core.lifecycle.Launcher;

/** Runs the gateway as a process, with its settings in environment variables. */
public final class GatewayMain {

    private GatewayMain() {}

    public static void main(String[] args) {
        Launcher.run("gateway", GatewayConfig::read, GatewayApp::new);
    }
}
