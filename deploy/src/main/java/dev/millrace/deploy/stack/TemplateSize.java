package dev.millrace.deploy.stack;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.deploy.Finding;
import java.util.List;

/** A template that is handed over with the call, and not by a bucket, has 51,200 bytes at most. */
final class TemplateSize implements Policy {

    private static final int LIMIT_BYTES = 51_200;

    @Override
    public List<Finding> findings(Templates templates) {
        return templates.all().stream()
                .filter(template -> template.text().getBytes(UTF_8).length > LIMIT_BYTES)
                .map(template -> new Finding(
                        template.file(),
                        "template",
                        "has " + template.text().getBytes(UTF_8).length + " bytes; CloudFormation takes "
                                + LIMIT_BYTES))
                .toList();
    }
}
