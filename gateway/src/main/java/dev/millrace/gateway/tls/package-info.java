/** TLS at the doors: the certificate that they show, whose certificates they believe, and what a handshake may take. */
@NullMarked
package dev.millrace.gateway.tls;

import org.jspecify.annotations.NullMarked;
