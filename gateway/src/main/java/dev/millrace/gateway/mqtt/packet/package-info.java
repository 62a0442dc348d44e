/** MQTT 3.1.1 and 5 on the wire, as far as a server needs it that takes publishes and has no subscriptions. */
@NullMarked
package dev.millrace.gateway.mqtt.packet;

import org.jspecify.annotations.NullMarked;
