package dev.millrace.deploy.kubernetes;

import dev.millrace.deploy.Finding;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** In the overlay for a machine, what the programs are told to call is a Service of it, at one of its ports. */
final class StoresOfAMachine implements Policy {

    private static final List<String> URLS = List.of("DATABASE_URL", "REDIS_URL", "AWS_ENDPOINT_URL_KINESIS");

    @Override
    public Stream<Finding> findings(Rendering rendering) {
        if (!rendering.isLocal()) {
            return Stream.empty();
        }
        return rendering
                .workloads()
                .filter(workload -> workload.program()
                        .filter(program -> program != Program.LOCAL)
                        .isPresent())
                .flatMap(workload -> {
                    Settings settings = Settings.of(workload);
                    return URLS.stream().flatMap(name -> problem(workload, settings, name).stream());
                });
    }

    private static Optional<Finding> problem(Workload workload, Settings settings, String name) {
        Settings.Setting setting = settings.all().get(name);
        if (setting == null) {
            return Optional.of(workload.container().wrong("env[" + name + "]", "must be set"));
        }
        URI url;
        try {
            url = URI.create(setting.value());
        } catch (IllegalArgumentException _) {
            return Optional.of(setting.wrong("must be a URL"));
        }
        boolean served = workload.rendering()
                .find("Service", String.valueOf(url.getHost()))
                .filter(service -> service.root().items("spec", "ports").anyMatch(port -> port.text("port")
                        .equals(String.valueOf(url.getPort()))))
                .isPresent();
        return served
                ? Optional.empty()
                : Optional.of(setting.wrong("there is no Service " + url.getHost() + " with the port " + url.getPort()
                        + " in this overlay"));
    }
}
