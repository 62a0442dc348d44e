package dev.millrace.deploy.stack;

import dev.millrace.deploy.Finding;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** An alarm on a metric that nobody has would be quiet for ever. */
final class KnownMetrics implements Policy {

    @Override
    public List<Finding> findings(Templates templates) throws IOException {
        Set<String> existing = PlatformMetrics.existing(templates.tree());
        return templates
                .resources()
                .flatMap(resource -> PlatformMetrics.named(resource)
                        .filter(metric -> !existing.contains(metric.text()))
                        .map(metric -> resource.finding(metric, metric.text() + " is no metric of docs/operations.md")))
                .toList();
    }
}
