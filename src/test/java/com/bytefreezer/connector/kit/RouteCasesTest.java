package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.testing.TestTools;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases beside each destination's route. */
class RouteCasesTest {
    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    static Collection<String> destinations() {
        return RouteFiles.in(ROUTES).destinations();
    }

    @TestFactory
    Stream<DynamicTest> everyCaseHolds() {
        return destinations().stream().flatMap(name -> cases(name).cases().stream()
                .map(one -> DynamicTest.dynamicTest(name + " " + one.name(), () -> {
                    try (DestinationRoute destination = DestinationRoute.find(ROUTES, name)) {
                        assertThat(new Cases(destination, cases(name)).play(one))
                                .isEmpty();
                    }
                })));
    }

    /** A mail server does not speak HTTP. */
    @ParameterizedTest
    @ValueSource(strings = {"webhook", "slack"})
    void theCasesOfNotificationsHold(String name) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();

        int code = Kit.testRoutes(
                ROUTES, "routes/notifications/%s.camel.yaml".formatted(name), new PrintStream(said, true, UTF_8));

        assertThat(said.toString(UTF_8))
                .containsPattern(name + ": all \\d cases pass\\.\n$")
                .doesNotContain("FAILED", "MISSING");
        assertThat(code).isZero();
    }

    @ParameterizedTest
    @MethodSource("destinations")
    void everyDestinationShowsTheStandardCasesOrSaysWhyNot(String name) {
        assertThat(ROUTES.resolve("destinations/" + name + ".test.yaml")).exists();
        assertThat(cases(name).missing()).isEmpty();
    }

    private static CaseFile cases(String name) {
        try (DestinationRoute destination = DestinationRoute.find(ROUTES, name)) {
            return destination.cases();
        }
    }
}
