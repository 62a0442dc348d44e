/**
 * The manifests of {@code k8s/}, as Kustomize renders them, against the API's types, against one another, and against what the programs
 * read. A policy a class; each names the file that must be mended.
 */
@NullMarked
package dev.millrace.deploy.kubernetes;

import org.jspecify.annotations.NullMarked;
