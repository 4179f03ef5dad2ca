package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.app.FeedComponents;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.text.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** Sends batches of events to an input, or to the server that it takes them from. Safe for use by several threads. */
interface Sender extends AutoCloseable {
    /** Shorter than a slow disk takes. */
    Duration IMPATIENCE = Duration.ofMillis(50);

    /**
     * Sends a batch.
     *
     * @param id of the batch, the same for its repeats
     * @return whether it is acknowledged; of senders without an answer: whether it has left
     */
    boolean send(String id, String lines) throws IOException;

    /** Sends the beginning, and hangs up, if that is possible. Returns whether the sender sends the batch again. */
    default boolean sendHalf(String id, String lines) throws IOException {
        return true;
    }

    /** Sends all, and hangs up before there can be an answer. */
    default void sendImpatiently(String id, String lines) throws IOException {}

    /** Whether it gets an answer to each batch. */
    default boolean hasAnswers() {
        return true;
    }

    /** Whether what it has sent waits where the input reads, until the input has it. */
    default boolean keeps() {
        return false;
    }

    @Override
    default void close() {}

    /** The first half, which ends within an event. */
    static byte[] half(String lines) {
        byte[] all = lines.getBytes(UTF_8);
        return Arrays.copyOf(all, all.length / 2 + all.length / 40);
    }

    /** Over HTTP: sends the same again until the answer is 200. */
    record Http(int port) implements Sender {
        private static final String PATH = "/%s/%s".formatted(InputRoute.TENANT, InputRoute.DATASET);

        @Override
        public boolean send(String id, String lines) throws IOException {
            return Wire.post(port, PATH, headers(id), lines.getBytes(UTF_8)).status() == 200;
        }

        private static Map<String, String> headers(String id) {
            return Map.of("X-Proxy-Batch-ID", id);
        }

        @Override
        public boolean sendHalf(String id, String lines) throws IOException {
            Wire.postBeginning(port, PATH, headers(id), half(lines), lines.getBytes(UTF_8).length);
            return true;
        }

        @Override
        public void sendImpatiently(String id, String lines) throws IOException {
            Wire.post(port, PATH, headers(id), lines.getBytes(UTF_8), IMPATIENCE);
        }
    }

    /** Over TCP: knows at most that all was read. */
    record Tcp(int port) implements Sender {
        @Override
        public boolean send(String id, String lines) throws IOException {
            Wire.tcp(port, lines.getBytes(UTF_8));
            return true;
        }

        @Override
        public boolean sendHalf(String id, String lines) throws IOException {
            Wire.tcp(port, half(lines));
            return false;
        }

        @Override
        public boolean hasAnswers() {
            return false;
        }
    }

    /** Over UDP: knows nothing. */
    record Udp(int port) implements Sender {
        @Override
        public boolean send(String id, String lines) throws IOException {
            for (String line : lines.split("(?<=\n)")) {
                Wire.udp(port, line.getBytes(UTF_8));
            }
            return true;
        }

        @Override
        public boolean hasAnswers() {
            return false;
        }
    }

    /** By a route, to the server that the input takes events from, or into its folder: that keeps them until the input has them. */
    record Camel(CamelContext camel) implements Sender {
        private static final String ROUTE = "direct:certify";

        /**
         * Starts it.
         *
         * @param sent an endpoint, or the steps of a route in JSON; the endpoint of an input's feed can send, too
         * @param settings with that feed
         */
        static Camel to(String sent, Settings settings) throws Exception {
            CamelContext camel = new DefaultCamelContext();
            try {
                FeedComponents.bindSenders(settings, camel);
                camel.start();
                Object steps = sent.startsWith("[")
                        ? Json.mapper().readTree(sent)
                        : List.of(Map.of("to", Map.of("uri", sent)));
                Map<String, Object> route = Map.of(
                        "errorHandler",
                        Map.of("noErrorHandler", Map.of()),
                        "from",
                        Map.of("uri", ROUTE, "steps", steps));
                PluginHelper.getRoutesLoader(camel)
                        .loadRoutes(ResourceHelper.fromString(
                                "certify.camel.yaml",
                                Json.mapper().writeValueAsString(List.of(Map.of("route", route)))));
                return new Camel(camel);
            } catch (Exception e) {
                camel.stop();
                throw e;
            }
        }

        @Override
        public boolean send(String id, String lines) {
            Exchange answer = camel.createProducerTemplate().send(ROUTE, exchange -> {
                exchange.getMessage().setBody(lines);
                exchange.getMessage().setHeader("batch", id);
            });
            return answer.getException() == null;
        }

        @Override
        public boolean keeps() {
            return true;
        }

        @Override
        public void close() {
            camel.stop();
        }
    }
}
