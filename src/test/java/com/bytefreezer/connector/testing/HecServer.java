package com.bytefreezer.connector.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The OpenTelemetry Collector's Splunk HEC receiver as a process that can be killed under its clients. Its receiver of
 * traces is there, too.
 */
public final class HecServer implements AutoCloseable {
    public static final String TOKEN = "00000000-0000-0000-0000-00000000c0de";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path program = TestTools.hec();
    private final Path directory = TestTools.temporaryDirectory("hec");
    private final int port = TestTools.freePort();
    private final int tracesPort = TestTools.freePort();
    private Process process = startProcess();

    private HecServer() {}

    public static HecServer start() {
        return new HecServer();
    }

    private Process startProcess() {
        return ChildProcesses.startServer(
                "The HEC receiver",
                new ProcessBuilder(
                                program.toString(),
                                "-listen",
                                url().getAuthority(),
                                "-token",
                                TOKEN,
                                "-out",
                                received().toString(),
                                "-otlp",
                                tracesUrl().getAuthority(),
                                "-spans",
                                traces().toString())
                        .redirectOutput(directory.resolve("hec.log").toFile()),
                this::isReady);
    }

    private boolean isReady() {
        try {
            get("/services/collector/health");
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** The address, without a path. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Where it takes traces, without a path. */
    public URI tracesUrl() {
        return URI.create("http://127.0.0.1:" + tracesPort);
    }

    /** The requests with traces that were taken, in OTLP's JSON. */
    public List<JsonNode> traceRequests() {
        try (var requests = JSON.readerFor(JsonNode.class).<JsonNode>readValues(traces().toFile())) {
            return requests.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path traces() {
        return directory.resolve("traces.ndjson");
    }

    private Path received() {
        return directory.resolve("events.ndjson");
    }

    /** Answers the next requests with a status as a server does that is busy. */
    public void beBusy(int requests, int status) {
        try {
            get("/_ctl?busy=%d&code=%d".formatted(requests, status));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Everything that was taken, also before a kill, in the names of HEC: {@code event}, {@code host}, {@code source},
     * {@code sourcetype}, {@code index}, {@code fields}, and {@code timeMs}.
     */
    public List<JsonNode> events() {
        var events = new ArrayList<JsonNode>();
        forEachEvent(events::add);
        return events;
    }

    /** The same one by one, where there are too many for a list. */
    public void forEachEvent(Consumer<JsonNode> taker) {
        try (var events =
                JSON.readerFor(JsonNode.class).<JsonNode>readValues(received().toFile())) {
            events.forEachRemaining(taker);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many events were taken, also before a kill. */
    public long eventCount() {
        try (var lines = Files.lines(received())) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void get(String path) throws IOException {
        try (var answer = url().resolve(path).toURL().openStream()) {
            answer.readAllBytes();
        }
    }

    /** Ends the server at once; connections break, new ones are refused. */
    public void kill() {
        ChildProcesses.kill(process);
    }

    /** Starts a killed server again, on the same port; what it had taken stays. */
    public void restart() {
        process = startProcess();
    }

    @Override
    public void close() {
        kill();
        TestTools.deleteFolder(directory);
    }
}
