# One target per service:
#
#   docker build --target gateway   -t millrace-gateway:TAG .
#   docker build --target processor -t millrace-processor:TAG .
#
# podman and buildah read it too. Both base images are arguments, so that a release can name them by digest:
#   --build-arg RUNTIME_IMAGE=eclipse-temurin@sha256:...
ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-25
ARG RUNTIME_IMAGE=eclipse-temurin:25-jre

# The jars are the same wherever they are built: every version is pinned, and the parent POM fixes their timestamps.
FROM ${BUILD_IMAGE} AS build
WORKDIR /source
COPY . .
# Tests have run before an image is built; here their sources are not even in the context.
RUN --mount=type=cache,target=/root/.m2 \
    mvn -B -ntp -Dmaven.test.skip=true -Dspotless.check.skip=true -pl gateway,processor -am package

FROM ${RUNTIME_IMAGE} AS runtime
WORKDIR /app
# A number, so that Kubernetes' runAsNonRoot can check it. Nothing in the image belongs to it or is written by it.
USER 10001:10001

FROM runtime AS gateway
# Libraries first: they change less often than the service, and so stay one layer.
COPY --from=build /source/gateway/target/lib/ lib/
COPY --from=build /source/gateway/target/gateway.jar ./
EXPOSE 8080 9090
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/gateway.jar"]

FROM runtime AS processor
COPY --from=build /source/processor/target/lib/ lib/
COPY --from=build /source/processor/target/processor.jar ./
EXPOSE 9091
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/processor.jar"]
