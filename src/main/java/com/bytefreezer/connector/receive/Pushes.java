package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.text.LimitedStream;
import com.bytefreezer.connector.text.Names;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Takes events over HTTP by the contract of the platform's Receiver: answers 200 once all of a body is on disk, and takes
 * nothing of a body that it refuses. A body of 0 events is refused, one with dead letters is not. Safe for use by several
 * threads.
 *
 * @param feeds the first of which that takes a dataset and admits the sender has its events
 * @param intakes of the datasets
 * @param budget of memory
 */
public record Pushes(List<HttpFeed> feeds, Function<DatasetName, Intake> intakes, Budget budget) {
    private static final int PIECE = 64 * 1024;
    private static final Map<String, Format> HINTS =
            Map.of("ndjson", Format.NDJSON, "json", Format.JSON, "text", Format.TEXT);

    /**
     * Stores the events of a push, and returns when they are on disk.
     *
     * @throws ApiException if the request is wrong
     * @throws com.bytefreezer.connector.problem.ConnectorException if the sender must try again later
     * @throws IOException if the body does not come to its end
     */
    public Stored take(Push push) throws IOException {
        OtherProtocols.refuse(push);
        DatasetName dataset = dataset(push.path());
        HttpFeed feed = feed(dataset, push);
        Intake intake = intakes.apply(dataset);
        Optional<String> firehose = Firehose.request(push);
        try (Budget.Share memory = budget.share()) {
            EventBatch batch = intake.batch();
            long bytes;
            Arrival arrival;
            if (firehose.isPresent()) {
                Bytes body = new Bytes();
                bytes = read(push, feed, (piece, length) -> {
                    body.write(piece, 0, length);
                    memory.hold(body.size());
                });
                Firehose.read(body.toByteArray(), firehose.get(), feed, format(feed, push), batch, memory);
                arrival = batch.end(push.batch());
            } else {
                EventSplitter splitter = new EventSplitter(format(feed, push), feed.longestLine(), batch);
                bytes = read(push, feed, (piece, length) -> {
                    splitter.take(piece, 0, length);
                    memory.hold(splitter.size());
                });
                arrival = splitter.end(push.batch());
            }
            int lines = arrival.eventCount() + arrival.deadLetterCount();
            if (lines == 0) {
                throw ApiException.wrong("The body has no events.");
            }
            boolean repeated = intake.append(arrival) == Arrival.Outcome.REPEATED;
            return new Stored(feed.name(), bytes, lines, arrival.deadLetterCount(), repeated);
        }
    }

    private static DatasetName dataset(String path) {
        String[] parts = path.replaceFirst("^/webhook(?=/[^/]+/[^/]+$)", "").split("/", -1);
        if (parts.length != 3 || !parts[0].isEmpty()) {
            throw unknown();
        }
        String tenant = decoded(parts[1]);
        String dataset = decoded(parts[2]);
        if (!Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw unknown();
        }
        return new DatasetName(tenant, dataset);
    }

    private static String decoded(String part) {
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw unknown();
        }
    }

    private static ApiException unknown() {
        return ApiException.unknown(
                "No feed accepts events for this path. It must be /tenant/dataset, with names that a feed accepts.");
    }

    /** Who has no token does not learn which datasets there are. */
    private HttpFeed feed(DatasetName dataset, Push push) {
        List<HttpFeed> admitting =
                feeds.stream().filter(feed -> feed.admits(push.token())).toList();
        if (admitting.isEmpty() && !feeds.isEmpty()) {
            throw ApiException.unauthenticated("A token of a feed is needed: Authorization: Bearer <token>.");
        }
        return admitting.stream()
                .filter(feed -> feed.takes(dataset))
                .findFirst()
                .orElseThrow(() -> unknown());
    }

    private static Format format(HttpFeed feed, Push push) {
        return feed.format() != Format.AUTO
                ? feed.format()
                : push.header("x-proxy-data-hint")
                        .map(hint -> HINTS.get(hint.toLowerCase(Locale.ROOT)))
                        .orElse(Format.AUTO);
    }

    private interface Taker {
        void take(byte[] piece, int length);
    }

    /** Piece by piece, so that no body takes more memory than its limits. */
    private static long read(Push push, HttpFeed feed, Taker taker) throws IOException {
        InputStream sent = limited(push.body(), feed.mostBytes(), "The body has more than %,d bytes.");
        try {
            InputStream unpacked =
                    limited(unpacked(push, sent), feed.mostUnpacked(), "The body unpacks to more than %,d bytes.");
            byte[] piece = new byte[PIECE];
            int head = unpacked.readNBytes(piece, 0, OtherProtocols.HEAD);
            if (format(feed, push) == Format.AUTO) {
                OtherProtocols.refuse(piece, head);
            }
            long bytes = 0;
            for (int length = head; length > 0; length = unpacked.read(piece)) {
                taker.take(piece, length);
                bytes += length;
            }
            return bytes;
        } catch (ZipException | EOFException e) {
            throw ApiException.wrong("The body is not complete gzip.");
        }
    }

    private static InputStream unpacked(Push push, InputStream sent) throws IOException {
        String coding = push.header("content-encoding").orElse("identity").toLowerCase(Locale.ROOT);
        return switch (coding) {
            case "identity" -> sent;
            case "gzip", "x-gzip" -> new GZIPInputStream(sent, PIECE);
            default -> throw ApiException.unsupported("Content-Encoding must be gzip or identity.");
        };
    }

    /** Ends a body that is too long, whatever its framing. */
    private static InputStream limited(InputStream in, long most, String refusal) {
        return new LimitedStream(in, most, () -> {
            throw ApiException.tooLarge(refusal.formatted(most));
        });
    }
}
