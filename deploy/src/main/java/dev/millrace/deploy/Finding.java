package dev.millrace.deploy;

/**
 * One thing that is wrong with what would be deployed.
 *
 * @param file where to mend it, from the root of the tree, such as {@code k8s/base/gateway/deployment.yaml}
 * @param field the way to the field, such as {@code Deployment gateway: spec.replicas}
 * @param problem what is wrong with it, and what would be right
 */
public record Finding(String file, String field, String problem) {

    /** {@code file: field: problem}. */
    @Override
    public String toString() {
        return file + ": " + field + ": " + problem;
    }
}
