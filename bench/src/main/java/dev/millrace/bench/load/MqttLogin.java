package dev.millrace.bench.load;

/**
 * What a client shows to be let in.
 *
 * @param password a secret
 */
record MqttLogin(String userName, String password) {

    byte[] connect(String clientId, int keepAliveSeconds) {
        return MqttPacket.connect(clientId, userName, password, keepAliveSeconds);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "MqttLogin[" + userName + "]";
    }
}
