/** Tokens of an OpenID Connect provider, for people and services. */
@NullMarked
package dev.millrace.gateway.auth.jwt;

import org.jspecify.annotations.NullMarked;
