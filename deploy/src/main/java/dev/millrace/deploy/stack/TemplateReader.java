package dev.millrace.deploy.stack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads YAML with CloudFormation's short tags as what they stand for: {@code !Ref X} is {@code {Ref: X}}, {@code !Sub X} is
 * {@code {Fn::Sub: X}}. Scalars are strings or booleans: nothing here counts with them.
 */
final class TemplateReader {

    /** The two functions whose long form has no prefix. */
    private static final Set<String> WITHOUT_PREFIX = Set.of("Ref", "Condition");

    private TemplateReader() {}

    /** The value of a template's text. */
    static Object read(String text) {
        return new Compose(LoadSettings.builder().build())
                .composeString(text)
                .map(TemplateReader::value)
                .orElseGet(Map::of);
    }

    private static Object value(Node node) {
        Object plain =
                switch (node) {
                    case MappingNode map -> map(map);
                    case SequenceNode list -> list(list);
                    case ScalarNode scalar -> scalar(scalar);
                    default -> throw new IllegalArgumentException("no value: " + node);
                };
        String tag = node.getTag().getValue();
        if (!tag.startsWith("!")) {
            return plain;
        }
        String function = tag.substring(1);
        return Map.of(WITHOUT_PREFIX.contains(function) ? function : "Fn::" + function, plain);
    }

    private static Map<String, Object> map(MappingNode node) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            map.put(String.valueOf(value(tuple.getKeyNode())), value(tuple.getValueNode()));
        }
        return map;
    }

    private static List<Object> list(SequenceNode node) {
        List<Object> list = new ArrayList<>();
        node.getValue().forEach(item -> list.add(value(item)));
        return list;
    }

    private static Object scalar(ScalarNode node) {
        return node.getTag().equals(Tag.BOOL) ? Boolean.valueOf(node.getValue()) : node.getValue();
    }
}
