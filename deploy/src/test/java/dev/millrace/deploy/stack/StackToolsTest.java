package dev.millrace.deploy.stack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.TreeCopy;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code make stack} and {@code make destroy} ask of the programs that they call, which are scripts here that write it down. */
class StackToolsTest {

    /** Answers what the tools ask for; all else is done and says nothing. */
    private static final String AWS = """
            #!/bin/sh
            echo "aws $*" >>"$CALLS"
            case "$*" in
            "sts get-caller-identity"*) echo 123456789012 ;;
            "cloudformation describe-stacks"*StackStatus*) echo "${STACK_STATUS:-UPDATE_COMPLETE}" ;;
            "cloudformation describe-stacks"*ClusterName*) echo "${STACK_CLUSTER:-}" ;;
            "cloudformation describe-stack-resources"*) printf 'rtb-1\\trtb-2\\n' ;;
            "s3api head-bucket"*iot-templates*) [ "${WITH_BUCKET:-yes}" = yes ] ;;
            "s3api list-object-versions"*iot-sensor-data*)
                if [ -e "$CALLS.emptied" ]; then echo '{"Objects": []}'; else echo '{"Objects": [{"Key": "a"}]}'; fi ;;
            "logs describe-log-groups"*/aws/eks/*) echo /aws/eks/iot-processing-cluster-dev/cluster ;;
            "s3api delete-objects"*) touch "$CALLS.emptied" ;;
            esac
            """;

    private static final String KUBECTL = """
            #!/bin/sh
            echo "kubectl $*" >>"$CALLS"
            [ "$2" != get-contexts ] || printf 'other\\nme@%s.eu-central-1.eksctl.io\\n' "${KNOWN_CLUSTER:-iot-processing-cluster-${KNOWN:-dev}}"
            """;

    private static final String EKSCTL = """
            #!/bin/sh
            echo "eksctl $*" >>"$CALLS"
            """;

    private record Outcome(int code, String output, List<String> calls) {

        private boolean asked(String beginning) {
            return calls.stream().anyMatch(call -> call.startsWith(beginning));
        }

        /** The calls that change something, by their first words. */
        private List<String> changes() {
            return calls.stream()
                    .filter(call -> call.matches(
                            ".*(delete|package|deploy|create-bucket|put-|stop-logging|termination-protection).*"))
                    .toList();
        }
    }

    private final TreeCopy copy;
    private final Path programs;
    private final Path calls;

    StackToolsTest(@TempDir Path folder) throws IOException {
        copy = TreeCopy.in(folder.resolve("tree"));
        programs = folder.resolve("programs");
        calls = folder.resolve("calls");
    }

    @BeforeEach
    void programsThatWriteDownWhatTheyAreAsked() throws IOException {
        Files.createDirectories(programs);
        for (Map.Entry<String, String> program :
                Map.of("aws", AWS, "kubectl", KUBECTL, "eksctl", EKSCTL).entrySet()) {
            Path file = programs.resolve(program.getKey());
            Files.writeString(file, program.getValue());
            assertTrue(file.toFile().setExecutable(true));
        }
        Files.writeString(calls, "");
    }

    @Test
    void theStackIsPackagedAndDeployedWithWhatTheClusterAndThePersonSay() throws IOException, InterruptedException {
        Outcome outcome =
                run(Map.of("STACK_OPTIONS", "StreamMode=ON_DEMAND OperationsEmail=me@example.org"), "stack", "staging");

        assertEquals(0, outcome.code(), outcome.output());
        assertEquals(
                List.of(
                        "aws cloudformation package --template-file aws/stack.yaml"
                                + " --s3-bucket 123456789012-iot-templates-eu-central-1-staging"
                                + " --output-template-file target/stack/staging.yaml",
                        "aws cloudformation deploy --template-file target/stack/staging.yaml --stack-name iot-staging"
                                + " --no-fail-on-empty-changeset --capabilities CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND"
                                + " --tags Environment=staging Project=millrace --parameter-overrides Environment=staging"
                                + " PrivateRouteTableIds=rtb-1,rtb-2 StreamMode=ON_DEMAND OperationsEmail=me@example.org"),
                outcome.changes());
        outcome.changes()
                .forEach(call -> assertTrue(outcome.output().contains("+ " + call + "\n"), "printed: " + call));
    }

    @Test
    void theBucketOfTheTemplatesIsMadeOnceAndIsNotPublic() throws IOException, InterruptedException {
        Outcome outcome = run(Map.of("WITH_BUCKET", "no"), "stack", "dev");

        assertTrue(outcome.changes().getFirst().startsWith("aws s3api create-bucket "), outcome.calls()::toString);
        assertTrue(outcome.changes().get(1).contains("RestrictPublicBuckets=true"), outcome.calls()::toString);
        JsonObject refusal = new JsonObject(outcome.output().replaceAll("(?s).* --policy (\\{.*?]}).*", "$1"))
                .getJsonArray("Statement")
                .getJsonObject(0);
        String bucket = "arn:aws:s3:::123456789012-iot-templates-eu-central-1-dev";
        assertEquals("Deny", refusal.getString("Effect"));
        assertEquals("*", refusal.getString("Principal"));
        assertEquals(JsonArray.of(bucket, bucket + "/*"), refusal.getJsonArray("Resource"));
        assertEquals(
                new JsonObject("{\"Bool\": {\"aws:SecureTransport\": \"false\"}}"), refusal.getJsonObject("Condition"));
    }

    @Test
    void aClusterOfAnotherNameIsToldOnce() throws IOException, InterruptedException {
        String asked = "aws cloudformation describe-stack-resources --stack-name eksctl-%s-cluster ";

        Outcome first = run(Map.of("STACK_OPTIONS", "ClusterName=mine"), "stack", "dev");
        assertTrue(first.asked(asked.formatted("mine")), first.calls()::toString);

        Outcome second = run(Map.of("STACK_CLUSTER", "my-own"), "stack", "dev");
        assertTrue(second.asked(asked.formatted("my-own")), second.calls()::toString);

        Outcome none = run(Map.of("STACK_CLUSTER", "None"), "stack", "dev");
        assertTrue(none.asked(asked.formatted("iot-processing-cluster-dev")), none.calls()::toString);
    }

    @Test
    void theClusterThatGoesIsTheStacks() throws IOException, InterruptedException {
        Outcome other = run(Map.of("STACK_CLUSTER", "mine", "KNOWN_CLUSTER", "not-mine"), "destroy", "dev");
        assertEquals(1, other.code());
        assertEquals(List.of(), other.changes());

        Outcome outcome = run(Map.of("STACK_CLUSTER", "mine", "KNOWN_CLUSTER", "mine"), "destroy", "dev");

        assertEquals(0, outcome.code(), outcome.output());
        assertTrue(
                outcome.asked("kubectl --context me@mine.eu-central-1.eksctl.io delete "), outcome.calls()::toString);
        assertTrue(outcome.asked("eksctl delete cluster --name mine "), outcome.calls()::toString);
        assertTrue(
                outcome.asked("aws logs describe-log-groups --log-group-name-prefix /aws/eks/mine/ "),
                outcome.calls()::toString);
        assertFalse(outcome.asked("eksctl delete cluster --name iot-processing-cluster-dev "));
    }

    @Test
    void aProdStackIsProtectedFromItsEnd() throws IOException, InterruptedException {
        Outcome outcome = run(Map.of(), "stack", "prod");

        assertTrue(outcome.changes().getLast().endsWith("--stack-name iot-prod --enable-termination-protection"));
    }

    @Test
    void aStackWhoseFirstCreateFailedIsToldWhatToDo() throws IOException, InterruptedException {
        Outcome outcome = run(Map.of("STACK_STATUS", "ROLLBACK_COMPLETE"), "stack", "dev");

        assertEquals(1, outcome.code());
        assertEquals(List.of(), outcome.changes());
        assertTrue(outcome.output().contains("aws cloudformation delete-stack --stack-name iot-dev"), outcome.output());
    }

    @Test
    void noOtherEnvironmentIsTouched() throws IOException, InterruptedException {
        for (String tool : List.of("stack", "destroy")) {
            Outcome outcome = run(Map.of(), tool, "production");
            assertEquals(1, outcome.code());
            assertEquals(List.of(), outcome.calls());
        }
        assertEquals(
                1,
                run(Map.of("STACK_OPTIONS", "Environment=prod"), "stack", "dev").code());
        assertEquals(
                List.of(),
                run(Map.of("STACK_OPTIONS", "OperationsEmail"), "stack", "dev").calls());
    }

    @Test
    void anEnvironmentGoesInTheOneOrderThatWorks() throws IOException, InterruptedException {
        Outcome outcome = run(Map.of(), "destroy", "dev");

        assertEquals(0, outcome.code(), outcome.output());
        assertEquals(
                List.of(
                        "kubectl --context me@iot-processing-cluster-dev.eu-central-1.eksctl.io delete -k k8s/overlays/dev",
                        "aws cloudtrail stop-logging --name iot-audit-trail-dev",
                        "aws s3api delete-objects --bucket 123456789012-iot-sensor-data-dev",
                        "aws cloudformation delete-stack --stack-name iot-dev",
                        "aws cloudformation wait stack-delete-complete --stack-name iot-dev",
                        "eksctl delete cluster --name iot-processing-cluster-dev --region eu-central-1 --wait",
                        "aws s3api delete-bucket --bucket 123456789012-iot-templates-eu-central-1-dev",
                        "aws logs delete-log-group --log-group-name /aws/eks/iot-processing-cluster-dev/cluster"),
                outcome.changes().stream()
                        .map(call -> call.replaceFirst(" --(?:ignore-not-found|delete file).*", ""))
                        .toList());
    }

    @Test
    void prodGoesOnlyWhenItIsMeantAndItsBucketsStay() throws IOException, InterruptedException {
        assertEquals(List.of(), run(Map.of("KNOWN", "prod"), "destroy", "prod").calls());
        assertEquals(
                List.of(),
                run(Map.of("KNOWN", "prod", "CONFIRM", "yes"), "destroy", "prod")
                        .calls());

        Outcome outcome = run(Map.of("KNOWN", "prod", "CONFIRM", "iot-prod"), "destroy", "prod");

        assertEquals(0, outcome.code(), outcome.output());
        assertFalse(
                outcome.calls().stream().anyMatch(call -> call.contains("iot-sensor-data")), outcome.calls()::toString);
    }

    @Test
    void withoutItsClusterNothingIsDeleted() throws IOException, InterruptedException {
        Outcome outcome = run(Map.of("KNOWN", "prod"), "destroy", "dev");

        assertEquals(1, outcome.code());
        assertEquals(List.of(), outcome.changes());
    }

    private Outcome run(Map<String, String> variables, String tool, String environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        copy.root().resolve("tools/" + tool).toString(), environment)
                .redirectErrorStream(true);
        Map<String, String> surroundings = builder.environment();
        surroundings.keySet().removeIf(name -> name.startsWith("AWS_"));
        surroundings.put("PATH", programs + ":/usr/bin:/bin");
        surroundings.put("CALLS", calls.toString());
        surroundings.put("AWS_REGION", "eu-central-1");
        surroundings.putAll(variables);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Outcome(process.waitFor(), output, Files.readAllLines(calls));
    }
}
