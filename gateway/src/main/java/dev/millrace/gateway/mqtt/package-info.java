/** Devices that publish over MQTT. */
@NullMarked
package dev.millrace.gateway.mqtt;

import org.jspecify.annotations.NullMarked;
