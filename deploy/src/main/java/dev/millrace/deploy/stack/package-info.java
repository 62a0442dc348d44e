/** The CloudFormation of one environment, {@code aws/}, held against itself, the code and the manifests. */
@NullMarked
package dev.millrace.deploy.stack;

import org.jspecify.annotations.NullMarked;
