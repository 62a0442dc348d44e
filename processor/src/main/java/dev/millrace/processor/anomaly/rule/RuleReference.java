package dev.millrace.processor.anomaly.rule;

import dev.millrace.processor.yaml.Field;
import dev.millrace.processor.yaml.Forms;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is written of the rule file for others, from the table that it is read by: the JSON Schema (draft 2020-12) for editors, and
 * the table of {@code docs/rules.md}.
 */
public final class RuleReference {

    /** Where the table of docs/rules.md begins and ends. */
    private static final String BEGIN = "<!-- fields: begin -->\n";

    private static final String END = "<!-- fields: end -->\n";

    private RuleReference() {}

    /** Writes both files anew; the argument is the project's directory. */
    public static void main(String[] args) throws IOException {
        Path project = Path.of(args.length == 0 ? "." : args[0]);
        Files.writeString(
                project.resolve("processor/src/main/resources/dev/millrace/processor/anomaly/rules.schema.json"),
                schema());
        Path reference = project.resolve("docs/rules.md");
        Files.writeString(reference, withTable(Files.readString(reference)));
    }

    /** The schema as it is shipped. */
    static String schema() {
        JsonObject schema = new JsonObject()
                .put("$schema", "https://json-schema.org/draft/2020-12/schema")
                .put("title", "Millrace rules")
                .put(
                        "description",
                        "When a measurement is an anomaly. Limits that contradict each other are refused at the reading.")
                .mergeIn(Forms.mapping(RuleFile.fields(RuleFile.rules())));
        return schema.encodePrettily() + "\n";
    }

    /** The text with the table of today between the two marks. */
    static String withTable(String text) {
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("there is no place for the table");
        }
        return text.substring(0, begin + BEGIN.length()) + table() + text.substring(end);
    }

    private static String table() {
        StringBuilder table = new StringBuilder("| field | value | meaning | example |\n| --- | --- | --- | --- |\n");
        for (Field<?> field : RuleFields.ALL) {
            table.append("| `")
                    .append(field.name())
                    .append('`')
                    .append(field.required() ? ", required" : "")
                    .append(" | ")
                    .append(field.form().words())
                    .append(" | ")
                    .append(field.meaning())
                    .append(" | `")
                    .append(field.example())
                    .append("` |\n");
        }
        return table.toString();
    }
}
