package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.app.Feeds;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.kit.InputCaseFile.Case;
import com.bytefreezer.connector.kit.InputCaseFile.Expect;
import com.bytefreezer.connector.kit.InputCaseFile.Sending;
import com.bytefreezer.connector.kit.InputRoute.Way;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.receive.Message;
import com.bytefreezer.connector.receive.Messages;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;

/**
 * Runs the cases of an input: each sends some bytes to a feed, and compares what is then in the spool. An input that takes
 * events from a server gets them from the case instead; one that reads a folder finds them there.
 */
final class InputCases {
    /** For what arrives without an answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final InputRoute input;
    private final InputCaseFile file;

    InputCases(InputRoute input, InputCaseFile file) {
        this.input = input;
        this.file = file;
        if (input.way() == Way.CAMEL && !input.readsFolder()) {
            input.replaceFrom();
        }
    }

    /** What a case led to; errors are those of messages. */
    record Happened(List<Wire.Answer> answers, SpoolContent stored, List<String> errors) {}

    /**
     * Runs one case.
     *
     * @return differences from the expectations, a line each; empty if there are none
     */
    List<String> play(Case one) {
        Path folder = input.newFolder();
        List<Wire.Answer> answers = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        Map<String, String> parameters = new TreeMap<>(file.feed());
        parameters.putAll(one.feed());
        input.describe(parameters);
        try {
            Settings settings = settings(one, folder);
            FeedDefinition feed = settings.feeds().get(0);
            CaseRecords records = new CaseRecords(feed, settings.integer("feeds.max-unpacked-bytes"));
            try (Feeds feeds = new Feeds(settings, Secrets.ofProcess(), Mode.INGEST)) {
                feeds.start();
                for (Sending each : one.send()) {
                    if (input.readsFolder()) {
                        write(each, Path.of(feed.parameter("folder")));
                    } else {
                        send(each, feeds, records, answers, errors);
                    }
                }
                if (input.way() == Way.SOCKETS || input.readsFolder()) {
                    awaitStored(feeds, one.expect());
                }
            }
            Happened happened = new Happened(answers, SpoolContent.of(folder.resolve("spool")), errors);
            return new InputComparison(one.expect()).problems(happened);
        } catch (SettingsException e) {
            return e.problems().stream().map(Problem::line).toList();
        } catch (Exception e) {
            return List.of("the case cannot be played: " + Failures.describe(e));
        }
    }

    private Settings settings(Case one, Path folder) throws SettingsException {
        Map<String, String> all = new TreeMap<>(Map.of(
                "data.folder", folder.toString(),
                "lake.root", "file:" + folder.resolve("lake"),
                "server.port", "0",
                "feeds.http-port", "0",
                // What is packed is not in the spool any more.
                "pack.timeout-seconds", "86400",
                "shutdown.timeout-seconds", "5"));
        all.putAll(file.settings());
        all.putAll(one.settings());
        all.replaceAll((name, value) -> value.replace("{folder}", folder.toString()));
        return Settings.load(
                new Settings.Sources(Mode.INGEST, all, Map.of(), null, folder, RouteFiles.in(input.routes())));
    }

    /** The input sees the file when it is whole. */
    private static void write(Sending sending, Path folder) throws IOException {
        String name = Objects.requireNonNullElse(sending.file(), "case");
        Files.createDirectories(folder);
        Path hidden = Files.write(folder.resolve("." + name), bytes(sending));
        Files.move(hidden, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private void send(Sending sending, Feeds feeds, CaseRecords records, List<Wire.Answer> answers, List<String> errors)
            throws IOException {
        byte[] bytes = bytes(sending);
        Map<String, String> headers = new TreeMap<>(Objects.requireNonNullElse(sending.headers(), Map.of()));
        if (sending.tcp() != null) {
            Wire.tcp(feeds.port(InputRoute.FEED), bytes);
        } else if (sending.udp() != null) {
            Wire.udp(feeds.port(InputRoute.FEED), bytes);
        } else if (input.way() == Way.CAMEL) {
            Exchange answer = feeds.context().createProducerTemplate().send(InputRoute.DIRECT, exchange -> {
                exchange.getMessage()
                        .setBody(
                                input.readsKafka()
                                        ? records.ofKafka(bytes, headers)
                                        : input.readsKinesis()
                                                ? records.ofKinesis(bytes, headers)
                                                : input.handsOnMessages() ? messages(bytes, headers) : bytes);
                headers.forEach(exchange.getMessage()::setHeader);
            });
            Optional.ofNullable(answer.getException()).map(Failures::describe).ifPresent(errors::add);
        } else {
            if (sending.gzip()) {
                headers.put("Content-Encoding", "gzip");
            }
            String path = Objects.requireNonNullElse(
                    sending.path(), "/%s/%s".formatted(InputRoute.TENANT, InputRoute.DATASET));
            if (sending.cut()) {
                Wire.postBeginning(feeds.port(), path, headers, bytes, bytes.length + 1);
            } else {
                answers.add(Wire.post(feeds.port(), path, headers, bytes));
            }
        }
    }

    private static Messages messages(byte[] bytes, Map<String, String> headers) {
        String id = headers.getOrDefault("id", UUID.randomUUID().toString());
        return new Messages(InputRoute.FEED, List.of(new Message(id, bytes)));
    }

    private static byte[] bytes(Sending sending) throws IOException {
        JsonNode given = sending.tcp() != null ? sending.tcp() : sending.udp() != null ? sending.udp() : sending.body();
        String text =
                Matching.textOf(Objects.requireNonNull(given)).repeat(Objects.requireNonNullElse(sending.times(), 1));
        byte[] bytes = sending.base64() ? Base64.getMimeDecoder().decode(text) : text.getBytes(UTF_8);
        if (!sending.gzip()) {
            return bytes;
        }
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private static void awaitStored(Feeds feeds, Expect expect) {
        long begun = System.nanoTime();
        while (received(feeds) < expect.stored() && System.nanoTime() - begun < PATIENCE.toNanos()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private static long received(Feeds feeds) {
        return feeds.datasets().stream().mapToLong(DatasetState::received).sum();
    }
}
