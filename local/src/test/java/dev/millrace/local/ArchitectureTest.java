package dev.millrace.local;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The boundaries of the modules and packages; this module sees all of them. */
@AnalyzeClasses(packages = "dev.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule coreKnowsNobody = noClasses()
            .that()
            .resideInAPackage("dev.millrace.core..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.gateway..", "dev.millrace.processor..", "dev.millrace.local..");

    @ArchTest
    static final ArchRule theGatewayKnowsOnlyCore = noClasses()
            .that()
            .resideInAPackage("dev.millrace.gateway..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.processor..", "dev.millrace.local..");

    @ArchTest
    static final ArchRule theProcessorKnowsOnlyCore = noClasses()
            .that()
            .resideInAPackage("dev.millrace.processor..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.gateway..", "dev.millrace.local..");

    @ArchTest
    static final ArchRule awsStaysBehindItsNames = only("software.amazon.awssdk..", "Kinesis", "Sns", "Aws");

    @ArchTest
    static final ArchRule kubernetesStaysBehindItsName = only("io.fabric8..", "Kubernetes");

    @ArchTest
    static final ArchRule redisStaysBehindItsName = only("io.vertx.redis..", "Redis");

    @ArchTest
    static final ArchRule tokensStayInTheirPackage = noClasses()
            .that()
            .resideOutsideOfPackage("dev.millrace.gateway.auth.jwt")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.nimbusds..");

    @ArchTest
    static final ArchRule postgresStaysBehindItsName = noClasses()
            .that(isNotA("Pg").and(isNoApp()))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx.pgclient..", "io.vertx.sqlclient..");

    @ArchTest
    static final ArchRule onlyAppsConstructAdapters =
            classes().that(isAdapter()).should().onlyBeAccessed().byClassesThat(isApp().or(isAdapter()));

    @ArchTest
    static final ArchRule mainsAreTheTop = noClasses().should().dependOnClassesThat(topLevelNameEndingWith("Main"));

    @ArchTest
    static final ArchRule featuresDoNotGoInCircles =
            slices().matching("dev.millrace.(*).(*)..").should().beFreeOfCycles();

    /** An application wires what it does not use: it may name the types that it hands on. */
    private static ArchRule only(String packages, String... prefixes) {
        return noClasses()
                .that(isNotA(prefixes).and(isNoApp()))
                .should()
                .dependOnClassesThat(resideInAPackage(packages));
    }

    private static DescribedPredicate<JavaClass> isNotA(String... prefixes) {
        return DescribedPredicate.describe("are not named " + String.join("*, ", prefixes) + "*", type -> {
            for (String prefix : prefixes) {
                if (topLevel(type).getSimpleName().startsWith(prefix)) {
                    return false;
                }
            }
            return true;
        });
    }

    private static DescribedPredicate<JavaClass> isApp() {
        return DescribedPredicate.describe(
                "are applications", type -> topLevel(type).getSimpleName().endsWith("App"));
    }

    private static DescribedPredicate<JavaClass> isNoApp() {
        return DescribedPredicate.not(isApp());
    }

    private static DescribedPredicate<JavaClass> isAdapter() {
        return DescribedPredicate.describe("are adapters", type -> {
            String name = topLevel(type).getSimpleName();
            boolean named = name.startsWith("Kinesis")
                    || name.startsWith("Kubernetes")
                    || name.startsWith("Pg")
                    || name.startsWith("Redis")
                    || name.startsWith("SnsAlerts");
            boolean service = type.getPackageName().startsWith("dev.millrace.gateway")
                    || type.getPackageName().startsWith("dev.millrace.processor");
            return named && service;
        });
    }

    private static DescribedPredicate<JavaClass> topLevelNameEndingWith(String suffix) {
        return DescribedPredicate.describe(
                "are named *" + suffix,
                type -> type.getPackageName().startsWith("dev.millrace")
                        && topLevel(type).getSimpleName().endsWith(suffix));
    }

    private static JavaClass topLevel(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::topLevel).orElse(type);
    }
}
