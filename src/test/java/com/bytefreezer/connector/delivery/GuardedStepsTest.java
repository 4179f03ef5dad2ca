package com.bytefreezer.connector.delivery;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A destination of somebody else's, in which an error of Java comes up. */
@Timeout(value = 300, unit = SECONDS)
@Tag("slow")
class GuardedStepsTest {
    @TempDir
    private Path folder;

    private static final List<String> STEPS = List.of(
            "process: {ref: broken}",
            "bean: {ref: broken, method: fail}",
            "process: {ref: brokenAtOnce}",
            "process: {ref: brokenAfterItsAnswer}",
            "process: {ref: brokenWhileItIsCalledBack}",
            "setBody: {method: {ref: broken, method: fail}}",
            "filter: {method: {ref: broken, method: isFailing}, steps: [{log: any}]}",
            "choice: {when: [{method: {ref: broken, method: isFailing}, steps: [{log: any}]}]}",
            "split: {method: {ref: broken, method: parts}, steps: [{log: any}]}",
            "split: {constant: any, steps: [{process: {ref: broken}}]}",
            "split: {constant: any, parallelProcessing: true, steps: [{process: {ref: broken}}]}",
            "multicast: {parallelProcessing: true, steps: [{process: {ref: broken}}, {process: {ref: broken}}]}",
            "delay: {constant: '1', asyncDelayed: true}, process: {ref: broken}",
            "loop: {constant: '2', steps: [{process: {ref: broken}}]}",
            "threads: {}, process: {ref: broken}",
            "doTry: {steps: [{process: {ref: broken}}], doFinally: {steps: [{log: any}]}}",
            "doTry: {steps: [{throwException: {exceptionType: java.io.IOException, message: any}}],"
                    + " doCatch: [{exception: [java.io.IOException], steps: [{process: {ref: broken}}]}]}",
            "to: {uri: 'direct:inner', parameters: {synchronous: true}}",
            "to: direct:inner",
            "toD: direct:inner");

    @Test
    void anErrorInAnyStepFailsTheRunInOneLine() throws Exception {
        assertFail(STEPS, "StackOverflowError");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"OutOfMemoryError: Java heap space", "NoClassDefFoundError: com/example/Gone", "AssertionError"})
    void anErrorOfAnyKindFailsTheRun(String error) throws Exception {
        assertFail(List.of("process: {ref: broken}", "process: {ref: brokenAtOnce}"), error);
    }

    /** Each step in a destination of its own, and all of them in one start. */
    private void assertFail(List<String> steps, String error) throws Exception {
        Path routes = Routes.copyTo(folder.resolve("routes"));
        List<String> names = new ArrayList<>();
        for (String step : steps) {
            String name = "mine" + names.size();
            names.add(name);
            Files.writeString(routes.resolve("destinations/%s.camel.yaml".formatted(name)), route(name, step));
        }
        Files.writeString(
                routes.resolve("destinations/mine0.camel.yaml"),
                beans(error.replaceAll(":.*", "")),
                StandardOpenOption.APPEND);

        TestRun run = SampleExport.to(URI.create("http://localhost:1"), folder)
                .routes(routes)
                .with("destination.type", String.join(",", names))
                .run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR")).hasSameSizeAs(steps);
        for (String name : names) {
            assertThat(run.log("ERROR"))
                    .filteredOn(line -> line.startsWith("ERROR %s, ".formatted(name)))
                    .as(steps.get(names.indexOf(name)))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR %s, export default: %s".formatted(name, error))
                    .endsWith(" The rest stays undelivered; the cursor stays before it.");
        }
    }

    private static String beans(String error) {
        return """
                - beans:
                    - name: broken
                      type: %1$s$Broken
                      properties: {error: %2$s}
                    - name: brokenAtOnce
                      type: %1$s$BrokenAtOnce
                      properties: {error: %2$s}
                    - name: brokenAfterItsAnswer
                      type: %1$s$BrokenAfterItsAnswer
                      properties: {error: %2$s}
                    - name: brokenWhileItIsCalledBack
                      type: %1$s$BrokenInAnotherThread
                      properties: {error: %2$s}
                """.formatted(GuardedStepsTest.class.getName(), error);
    }

    private static String route(String name, String step) {
        return """
                - route:
                    id: destination-%1$s
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-%1$s
                      steps:
                        - %2$s
                - route:
                    id: inner-%1$s
                    errorHandler:
                      noErrorHandler: {}
                    from:
                      uri: direct:inner-%1$s
                      steps:
                        - process:
                            ref: broken
                """.formatted(
                name,
                step.replace("direct:inner", "direct:inner-" + name).replace("}, process:", "}\n        - process:"));
    }

    /** Has the error to throw. */
    public abstract static class Failing {
        private String error = "";

        public void setError(String error) {
            this.error = error;
        }

        final Error error() {
            return switch (error) {
                case "StackOverflowError" -> new StackOverflowError();
                case "NoClassDefFoundError" -> new NoClassDefFoundError("com/example/Gone");
                case "OutOfMemoryError" -> new OutOfMemoryError("Java heap space");
                default -> new AssertionError();
            };
        }
    }

    public static final class Broken extends Failing implements Processor {
        @Override
        public void process(Exchange exchange) {
            throw error();
        }

        public void fail() {
            throw error();
        }

        public boolean isFailing() {
            throw error();
        }

        public Iterator<String> parts() {
            throw error();
        }
    }

    /** Answers by a callback, as components do. */
    public abstract static class Asynchronous extends AsyncProcessorSupport {
        private final Failing failing = new Failing() {};

        public void setError(String error) {
            failing.setError(error);
        }

        final Error error() {
            return failing.error();
        }
    }

    public static final class BrokenAtOnce extends Asynchronous {
        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            throw error();
        }
    }

    public static final class BrokenAfterItsAnswer extends Asynchronous {
        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            callback.done(true);
            throw error();
        }
    }

    public static final class BrokenInAnotherThread extends Asynchronous {
        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            CompletableFuture<Void> unused = CompletableFuture.supplyAsync(() -> {
                        throw error();
                    })
                    .handle((never, failure) -> {
                        exchange.setException(failure);
                        callback.done(false);
                        return null;
                    });
            return false;
        }
    }
}
