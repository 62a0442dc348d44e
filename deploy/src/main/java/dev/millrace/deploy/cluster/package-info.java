/** The description of the cluster, {@code eksctl-cluster.yaml}. */
@NullMarked
package dev.millrace.deploy.cluster;

import org.jspecify.annotations.NullMarked;
