package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.kit.CaseFile.Answer;
import com.bytefreezer.connector.kit.CaseFile.Case;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.event.ExchangeRedeliveryEvent;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;

/**
 * Runs the cases of a destination: each delivers one batch through the real {@code routes/delivery.camel.yaml} and the
 * destination's own route to a scripted server.
 */
public final class Cases {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final DestinationRoute destination;
    private final CaseFile file;

    public Cases(DestinationRoute destination, CaseFile file) {
        this.destination = destination;
        this.file = file;
    }

    /**
     * Runs one case.
     *
     * @return differences from the expectations, a line each; empty if there are none
     */
    public List<String> play(Case one) {
        try (ScriptedServer server = ScriptedServer.start()) {
            script(server, one);
            Delivered delivered = deliver(one, server);
            return new Comparison(one.expect(), server.url().toString()).problems(delivered);
        } catch (SettingsException e) {
            return e.problems().stream().map(Problem::line).toList();
        } catch (Exception e) {
            return List.of("the route does not start: " + Failures.describe(e));
        }
    }

    /** Lets a server answer as a case says. */
    static void script(ScriptedServer server, Case one) {
        List<Reply> replies =
                one.replies().stream().map(answer -> reply(answer, server)).toList();
        for (int i = 0; i < replies.size(); i++) {
            if (i == replies.size() - 1) {
                server.reply(replies.get(i));
            } else {
                server.replyNext(1, replies.get(i));
            }
        }
    }

    private static Reply reply(Answer answer, ScriptedServer server) {
        JsonNode body = answer.body();
        Reply reply = Reply.of(
                Objects.requireNonNullElse(answer.status(), 200),
                body == null ? "" : expand(Matching.textOf(body), server));
        for (Map.Entry<String, String> header : Objects.requireNonNullElse(answer.headers(), Map.<String, String>of())
                .entrySet()) {
            reply = reply.header(header.getKey(), expand(header.getValue(), server));
        }
        if (answer.delayMs() != null) {
            reply = reply.after(Duration.ofMillis(answer.delayMs()));
        }
        return answer.cut() ? reply.resetConnection() : reply;
    }

    private Delivered deliver(Case one, ScriptedServer server) throws Exception {
        Path folder = destination.newFolder();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        AtomicInteger retries = new AtomicInteger();
        Batch batch = batch(Objects.requireNonNull(one.records()));
        Throwable failure = new SingleDelivery(
                        settings(one, server, folder), destination.deliveryFiles(), folder, PATIENCE)
                .deliver(batch, new StandardOutput(output), context -> count(retries, context))
                .orElse(null);
        return new Delivered(
                failure == null ? "accepted" : failure instanceof SingleDelivery.Stopped ? "stopped" : "failed",
                failure == null ? "" : Failures.describe(failure),
                failure == null ? batch.unit().counts() : Counts.NONE,
                batch.rejections(),
                server.requests(),
                retries.get(),
                output.toString(StandardCharsets.UTF_8));
    }

    private Settings settings(Case one, ScriptedServer server, Path folder) throws SettingsException {
        Map<String, String> all = new TreeMap<>(Map.of(
                "destination.type", destination.name(),
                "lake.root", "file:" + folder,
                "query.tenant-id", "acme",
                "query.dataset-id", "syslog",
                "query.sql", "SELECT * FROM events",
                "delivery.max-retries", "3",
                "delivery.retry-delay-ms", "10",
                "delivery.max-retry-delay-ms", "200",
                "shutdown.timeout-seconds", "1"));
        all.putAll(file.settings());
        all.putAll(one.settings());
        all.replaceAll((name, value) -> expand(value, server));
        return Settings.load(
                new Settings.Sources(Mode.BATCH, all, Map.of(), null, folder, RouteFiles.in(destination.routes())));
    }

    private static void count(AtomicInteger retries, CamelContext context) {
        context.getManagementStrategy().addEventNotifier(new EventNotifierSupport() {
            @Override
            public void notify(CamelEvent event) {
                if (event instanceof ExchangeRedeliveryEvent) {
                    retries.incrementAndGet();
                }
            }
        });
    }

    /** The same unit in every case, so that a file can contain the ids of its records. */
    private static Batch batch(JsonNode records) {
        List<byte[]> all = new ArrayList<>();
        if (records.isArray()) {
            records.forEach(record -> all.add(bytes(record.toString())));
        } else {
            IntStream.range(0, records.asInt())
                    .mapToObj("{\"number\":%d,\"message\":\"record %<d\"}"::formatted)
                    .forEach(record -> all.add(bytes(record)));
        }
        LakeObject object =
                new LakeObject("/lake/object.parquet", "object.parquet", 1000, Instant.parse("2026-11-20T00:00:00Z"));
        return SingleDelivery.batch(all, "acme", "syslog", object);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String expand(String text, ScriptedServer server) {
        return text.replace(CaseFile.SERVER, server.url().toString());
    }

    /** The result of a case. */
    record Delivered(
            String outcome,
            String error,
            Counts counts,
            List<Rejection> rejections,
            List<Request> requests,
            int retries,
            String output) {}
}
