package com.bytefreezer.connector.delivery;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;
import org.junit.jupiter.api.Tag;
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

    @ParameterizedTest
    @ValueSource(
            strings = {
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
                "toD: direct:inner",
            })
    void anErrorInAnyStepFailsTheRunInOneLine(String step) throws Exception {
        assertFails(step, "StackOverflowError");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"OutOfMemoryError: Java heap space", "NoClassDefFoundError: com/example/Gone", "AssertionError"})
    void anErrorOfAnyKindFailsTheRun(String error) throws Exception {
        assertFails("process: {ref: broken}", error);
        assertFails("process: {ref: brokenAtOnce}", error);
    }

    private void assertFails(String step, String error) throws Exception {
        Path itsOwn = Files.createTempDirectory(folder, "run");
        var run = SampleExport.to(URI.create("http://localhost:1"), itsOwn)
                .routes(routes(itsOwn, error.replaceAll(":.*", ""), step))
                .with("destination.type", "mine")
                .run();

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .startsWith("ERROR mine, export default: " + error)
                .endsWith(" The rest stays undelivered; the cursor stays before it.");
    }

    private static Path routes(Path folder, String error, String step) throws Exception {
        Path routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
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
                - route:
                    id: destination-mine
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - %3$s
                - route:
                    id: inner
                    errorHandler:
                      noErrorHandler: {}
                    from:
                      uri: direct:inner
                      steps:
                        - process:
                            ref: broken
                """.formatted(
                        GuardedStepsTest.class.getName(), error, step.replace("}, process:", "}\n        - process:")));
        return routes;
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
