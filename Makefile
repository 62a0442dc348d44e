# What to type. Everything runs on a JDK 25 that tools/find-jdk finds; Maven does the work.
.PHONY: run test soak bench aot image replay key rules-reference format build clean manifests smoke cluster stack destroy

JAVA_HOME_25 = $$(tools/find-jdk)
MVN = JAVA_HOME=$$home mvn -B -ntp -Dstyle.color=never

# Starts the whole platform on this machine.
run: build
	@home=$(JAVA_HOME_25) && exec $$home/bin/java -jar local/target/local.jar all

# Builds only when a source is newer: programs that run keep their jars as they were.
build: target/built

target/built: pom.xml $(wildcard */pom.xml) $(shell find */src/main -type f)
	@echo "Building …"
	@home=$(JAVA_HOME_25) && $(MVN) -q -DskipTests -Dspotless.check.skip=true package
	@mkdir -p target && touch $@

# Every test; ends with a list of what was skipped and why. STRICT=1: a skip fails.
test:
	@home=$(JAVA_HOME_25) && $(MVN) -T 2 verify && tools/skipped-tests

# The tests that take minutes: a long outage of Kinesis (OUTAGE_SECONDS, 60 unless set), one hot shard among ten.
soak:
	@home=$(JAVA_HOME_25) && $(MVN) verify -pl local -am -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false \
		-Dgroups=soak -Dit.excludedGroups= -Dfailsafe.failIfNoSpecifiedTests=false

# A line a benchmark: NAME ratio R (ours X unit, limit Y unit, goal G). BENCH=NAME runs one.
bench: build
	@home=$(JAVA_HOME_25) && $$home/bin/java --sun-misc-unsafe-memory-access=allow -jar bench/target/bench.jar $(BENCH)

# Makes the AOT caches that the images have, target/gateway.aot and target/processor.aot, for the jars as they lie here:
#   java @docker/gateway.jvm -XX:AOTCache=target/gateway.aot -jar gateway/target/gateway.jar
aot: build
	@home=$(JAVA_HOME_25) && $$home/bin/java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
		-cp bench/target/bench.jar dev.millrace.bench.pod.TrainMain target gateway/target/gateway.jar processor/target/processor.jar

# Builds the images: millrace-gateway, millrace-processor, millrace-local. TAG=, PLATFORM=linux/arm64; PUSH=REGISTRY ENV=dev pushes
# the first two and writes their digests into the overlay. tools/image tells all settings.
image:
	@TAG="$(TAG)" PLATFORM="$(PLATFORM)" PUSH="$(PUSH)" ENV="$(ENV)" tools/image

# Posts a CSV (timestamp,value): make replay FILE=examples/press-4.csv SENSOR=press-4 METRIC=temperature RATE=500
replay: build
	@home=$(JAVA_HOME_25) && FILE="$(FILE)" SENSOR="$(SENSOR)" METRIC="$(METRIC)" RATE="$(RATE)" \
		$$home/bin/java -jar local/target/local.jar replay

# Makes an API key and its entry: make key KEY_NAME=press-line KEY_SENSORS='press-*' [KEY_ROLE=device]
key: build
	@home=$(JAVA_HOME_25) && KEY_NAME="$(KEY_NAME)" KEY_ROLE="$(KEY_ROLE)" KEY_SENSORS="$(KEY_SENSORS)" \
		$$home/bin/java -jar local/target/local.jar key

# Writes the JSON Schema of the rule file and the table of docs/rules.md anew.
rules-reference: build
	@home=$(JAVA_HOME_25) && $$home/bin/java -cp processor/target/processor.jar dev.millrace.processor.anomaly.rule.RuleReference .

format:
	@home=$(JAVA_HOME_25) && $(MVN) -q spotless:apply

# Renders every overlay and checks all that is deployed: k8s/, aws/, eksctl-cluster.yaml. With ENV=dev, dev is about to be deployed: an
# image there without a digest is a mistake too. Where the published schemas lie beside the project, they are asked as well.
manifests: build
	@home=$(JAVA_HOME_25) && $$home/bin/java -jar deploy/target/deploy.jar . $(ENV)
	@check=../shared/tools/check-manifests; [ ! -x $$check ] || \
		for file in target/manifests/*.yaml; do echo "$$file: $$($$check $$file)" || exit 1; done

# The cluster's description for another environment: make cluster ENV=staging [CIDR=198.51.100.7/32] [REGION=eu-central-1]
cluster:
	@REGION="$(REGION)" CIDR="$(CIDR)" tools/cluster "$(ENV)"

# The managed services of an environment: make stack ENV=dev [STACK_OPTIONS="StreamMode=ON_DEMAND"]
stack:
	@STACK_OPTIONS="$(STACK_OPTIONS)" tools/stack "$(ENV)"

# Takes an environment away: make destroy ENV=dev
destroy:
	@CONFIRM="$(CONFIRM)" tools/destroy "$(ENV)"

# Looks at a deployed environment, changes nothing, and posts one reading: make smoke ENV=dev API_KEY=…
smoke:
	@ENV="$(ENV)" API_KEY="$(API_KEY)" SMOKE_HOST="$(SMOKE_HOST)" SMOKE_CA="$(SMOKE_CA)" SMOKE_ALARMS="$(SMOKE_ALARMS)" tools/smoke

clean:
	@home=$(JAVA_HOME_25) && $(MVN) -q clean
