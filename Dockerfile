# One target per image; make image builds all three:
#
#   docker build --target gateway   -t millrace-gateway:TAG .
#   docker build --target processor -t millrace-processor:TAG .
#   docker build --target local     -t millrace-local:TAG .       PostgreSQL, Redis and the Kinesis emulator, to try the platform
#
# podman and buildah read it too, for linux/amd64 and linux/arm64. Both base images are arguments, so that a release can name them by digest:
#   --build-arg RUNTIME_IMAGE=docker.io/library/eclipse-temurin@sha256:...
# The runtime image needs a JVM 25 on the PATH and /bin/sh; for the target local also OpenSSL 3, or apt-get to fetch it.
ARG BUILD_IMAGE=docker.io/library/maven:3.9-eclipse-temurin-25
ARG RUNTIME_IMAGE=docker.io/library/eclipse-temurin:25-jre

# The jars are the same wherever they are built: every version is pinned, and the parent POM fixes their timestamps.
FROM ${BUILD_IMAGE} AS build
WORKDIR /source
COPY . .
# Tests have run before an image is built; here their sources are not even in the context (and -Dmaven.test.skip would leave out
# the jar of tests that other modules name). The jars get the time of their release:
# an AOT cache is for jars of one time, and whoever rewrites an image's times to make it reproducible leaves old ones alone.
RUN --mount=type=cache,target=/root/.m2 \
    mvn -B -ntp -DskipTests -Dspotless.check.skip=true -pl gateway,processor,local,bench -am package \
    && find . -name '*.jar' -exec touch -d 2026-11-20T00:00:00Z {} +

FROM ${RUNTIME_IMAGE} AS runtime
# A number, so that Kubernetes' runAsNonRoot can check it, and a name for it, without which PostgreSQL's initdb does not work.
# Nothing in an image belongs to it, and nothing but /tmp is written to.
RUN echo 'millrace:x:10001:10001:millrace:/tmp:/sbin/nologin' >> /etc/passwd && echo 'millrace:x:10001:' >> /etc/group
WORKDIR /app

FROM runtime AS gateway-files
# Libraries first: they change less often than the service, and so stay one layer.
COPY --from=build /source/gateway/target/lib/ gateway/lib/
COPY --from=build /source/gateway/target/gateway.jar /source/docker/gateway.jvm gateway/

FROM runtime AS processor-files
COPY --from=build /source/processor/target/lib/ processor/lib/
COPY --from=build /source/processor/target/processor.jar /source/docker/processor.jvm processor/

FROM runtime AS local-files
COPY --from=build /source/local/target/lib/ local/lib/
COPY --from=build /source/local/target/local.jar /source/docker/local.jvm local/
# The embedded Redis needs it.
RUN command -v openssl >/dev/null || { apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*; }

# Both programs run as in their pods, and write down what a start loads and links. On the platform of the image, and with its JVM.
FROM local-files AS train
COPY --from=gateway-files /app/gateway/ gateway/
COPY --from=processor-files /app/processor/ processor/
COPY --from=build /source/docker/ /source/docker/
COPY --from=build /source/bench/target/lib/ /source/bench/target/lib/
COPY --from=build /source/bench/target/bench.jar /source/bench/target/
USER 10001:10001
RUN ["java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp", "/source/bench/target/bench.jar", \
     "dev.millrace.bench.pod.TrainMain", "/tmp/aot", "/app/gateway/gateway.jar", "/app/processor/processor.jar"]

FROM gateway-files AS gateway
COPY --from=train /tmp/aot/gateway.aot gateway/
USER 10001:10001
# The build fails here if the cache does not fit what lies in this image. (A pod whose cache does not fit starts without, more slowly.)
RUN ["java", "@/app/gateway/gateway.jvm", "-XX:AOTMode=on", "-XX:AOTCache=/app/gateway/gateway.aot", "-cp", "/app/gateway/gateway.jar", "--version"]
EXPOSE 8080 8443 1883 8883 9090
ENTRYPOINT ["java", "@/app/gateway/gateway.jvm", "-XX:AOTCache=/app/gateway/gateway.aot", "-jar", "/app/gateway/gateway.jar"]

FROM processor-files AS processor
COPY --from=train /tmp/aot/processor.aot processor/
USER 10001:10001
RUN ["java", "@/app/processor/processor.jvm", "-XX:AOTMode=on", "-XX:AOTCache=/app/processor/processor.aot", "-cp", "/app/processor/processor.jar", "--version"]
EXPOSE 9091
ENTRYPOINT ["java", "@/app/processor/processor.jvm", "-XX:AOTCache=/app/processor/processor.aot", "-jar", "/app/processor/processor.jar"]

FROM local-files AS local
USER 10001:10001
# The build fails here if the program of Redis does not run in this image, or there is none of PostgreSQL for it. Ports are no matter.
RUN HTTP_PORT=0 MQTT_PORT=0 OPS_PORT=0 PROCESSOR_OPS_PORT=0 DATABASE_PORT=0 REDIS_PORT=0 KINESIS_PORT=0 \
    java @/app/local/local.jvm -jar /app/local/local.jar doctor
EXPOSE 15432 16379 4567
ENTRYPOINT ["java", "@/app/local/local.jvm", "-jar", "/app/local/local.jar"]
CMD ["services"]
