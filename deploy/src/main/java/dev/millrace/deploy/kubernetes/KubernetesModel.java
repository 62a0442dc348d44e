package dev.millrace.deploy.kubernetes;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.deploy.Finding;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Every field is one that the API knows, and has its type: fabric8's typed model says which. It is walked and not read into, because
 * the model takes what it does not know for additional properties, and texts for numbers.
 */
final class KubernetesModel implements Policy {

    private static final Map<String, Class<?>> TYPES = Map.ofEntries(
            Map.entry("v1/ConfigMap", ConfigMap.class),
            Map.entry("v1/Namespace", Namespace.class),
            Map.entry("v1/Secret", Secret.class),
            Map.entry("v1/Service", Service.class),
            Map.entry("v1/ServiceAccount", ServiceAccount.class),
            Map.entry("apps/v1/Deployment", Deployment.class),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("rbac.authorization.k8s.io/v1/ClusterRole", ClusterRole.class),
            Map.entry("rbac.authorization.k8s.io/v1/ClusterRoleBinding", ClusterRoleBinding.class),
            Map.entry("rbac.authorization.k8s.io/v1/Role", Role.class),
            Map.entry("rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class));

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        return rendering.objects().stream().flatMap(KubernetesModel::findings);
    }

    /** What is wrong with one object. */
    static Stream<Finding> findings(Manifest object) {
        String type = object.apiVersion() + "/" + object.kind();
        Class<?> model = TYPES.get(type);
        if (model != null) {
            return typed(object.root(), model);
        }
        Optional<CustomResource> custom = CustomResource.of(type);
        return custom.isEmpty()
                ? Stream.of(object.root().wrong("kind", type + " is none of the kinds that are checked here"))
                : Stream.concat(
                        object.root().find("metadata").stream().flatMap(field -> typed(field, ObjectMeta.class)),
                        object.root().find("spec").stream()
                                .flatMap(field -> custom.get().unknown(field)));
    }

    private static Stream<Finding> typed(Field field, Type type) {
        return switch (type) {
            case ParameterizedType generic
            when generic.getRawType() == List.class ->
                field.value() instanceof List<?>
                        ? field.items().flatMap(item -> typed(item, generic.getActualTypeArguments()[0]))
                        : Stream.of(field.wrong("must be a list"));
            case ParameterizedType generic
            when generic.getRawType() == Map.class ->
                members(field, name -> Optional.of(generic.getActualTypeArguments()[1]));
            case Class<?> plain
            when isScalar(plain) ->
                isOf(plain, field.value()) ? Stream.empty() : Stream.of(field.wrong("must be " + words(plain)));
            case Class<?> model -> {
                Map<String, Type> fields = fields(model);
                yield members(field, name -> Optional.ofNullable(fields.get(name)));
            }
            default -> Stream.empty();
        };
    }

    private static Stream<Finding> members(Field field, Function<String, Optional<Type>> types) {
        if (!(field.value() instanceof Map<?, ?> map)) {
            return Stream.of(field.wrong("must be an object"));
        }
        return map.keySet().stream().map(String::valueOf).flatMap(name -> field.find(name).stream()
                .flatMap(member -> types.apply(name)
                        .map(type -> typed(member, type))
                        .orElseGet(() -> Stream.of(member.wrong("the API knows no such field")))));
    }

    /** The fields of a class of the model, those of its parents too. */
    private static Map<String, Type> fields(Class<?> model) {
        Map<String, Type> fields = new HashMap<>();
        for (Class<?> type = model; type != null; type = type.getSuperclass()) {
            for (var field : type.getDeclaredFields()) {
                JsonProperty property = field.getAnnotation(JsonProperty.class);
                if (property != null) {
                    fields.putIfAbsent(property.value(), field.getGenericType());
                }
            }
        }
        return fields;
    }

    private static boolean isScalar(Class<?> type) {
        return type.getName().startsWith("java.lang.") || type == Quantity.class || type == IntOrString.class;
    }

    private static boolean isOf(Class<?> type, Object value) {
        boolean whole = value instanceof Integer || value instanceof Long;
        if (type == Quantity.class) {
            return (value instanceof String || value instanceof Number) && isQuantity(value.toString());
        }
        if (type == IntOrString.class) {
            return whole || value instanceof String;
        }
        if (type == Integer.class || type == Long.class) {
            return whole;
        }
        return type == Double.class ? value instanceof Number : type.isInstance(value);
    }

    private static boolean isQuantity(String text) {
        try {
            Quantity.getAmountInBytes(Quantity.parse(text));
            return true;
        } catch (IllegalArgumentException | ArithmeticException _) {
            return false;
        }
    }

    private static String words(Class<?> type) {
        if (type == Quantity.class) {
            return "a quantity such as 250m or 512Mi";
        }
        if (type == IntOrString.class) {
            return "a whole number or a text";
        }
        if (type == Integer.class || type == Long.class) {
            return "a whole number, without quotation marks";
        }
        if (type == Boolean.class) {
            return "true or false, without quotation marks";
        }
        return type == String.class ? "a text; what looks like another needs quotation marks" : "a number";
    }
}
