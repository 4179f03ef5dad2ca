package com.bytefreezer.connector.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * An S3 server with one bucket of very many objects, which it does not hold: their names are a list that may be computed,
 * and all have the same content. It lists as S3 does, 1,000 names to a page, with prefix and delimiter, and checks no
 * signature. Safe for many threads.
 */
public final class SimulatedBucket implements AutoCloseable {
    public static final String NAME = "lake";
    private static final int PAGE = 1000;
    private static final String ETAG = "\"d41d8cd98f00b204e9800998ecf8427e\"";
    /** After everything that begins with what stands before it. */
    private static final char LAST = '\uffff';

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final byte[] content;
    private final Function<String, Instant> lastModified;
    private final Map<String, Instant> later = new ConcurrentHashMap<>();
    private final List<String> listings = new CopyOnWriteArrayList<>();
    private final Set<String> spoiled = ConcurrentHashMap.newKeySet();
    private volatile List<String> keys;

    private SimulatedBucket(List<String> keys, Function<String, Instant> lastModified, byte[] content)
            throws IOException {
        this.keys = keys;
        this.lastModified = lastModified;
        this.content = content;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /**
     * Starts the server.
     *
     * @param keys sorted; of a long list any must be found at once
     * @param lastModified of a key
     * @param content of all of them
     */
    public static SimulatedBucket start(List<String> keys, Function<String, Instant> lastModified, byte[] content) {
        try {
            return new SimulatedBucket(keys, lastModified, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** One more object, which appears now. */
    public synchronized void add(String key) {
        List<String> more = new ArrayList<>(keys);
        more.add(key);
        Collections.sort(more);
        later.put(key, Instant.now().truncatedTo(ChronoUnit.MILLIS));
        keys = more;
    }

    /** From now on the object is read as zeros, or as it is. */
    public void spoil(String key, boolean spoil) {
        if (spoil) {
            spoiled.add(key);
        } else {
            spoiled.remove(key);
        }
    }

    /** The prefix of each page of a listing that was asked for, in order. */
    public List<String> listings() {
        return List.copyOf(listings);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String key = exchange.getRequestURI().getPath().replaceFirst("^/" + NAME + "/?", "");
            if (key.isEmpty()) {
                byte[] page = page(parameters(exchange)).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/xml");
                exchange.sendResponseHeaders(200, page.length);
                exchange.getResponseBody().write(page);
            } else {
                object(exchange, key);
            }
        }
    }

    private static Map<String, String> parameters(HttpExchange exchange) {
        Map<String, String> parameters = new HashMap<>();
        for (String each : exchange.getRequestURI().getRawQuery().split("&")) {
            String[] pair = each.split("=", 2);
            parameters.put(pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private String page(Map<String, String> parameters) {
        List<String> all = keys;
        String prefix = parameters.getOrDefault("prefix", "");
        String delimiter = parameters.getOrDefault("delimiter", "");
        int most = Integer.parseInt(parameters.getOrDefault("max-keys", String.valueOf(PAGE)));
        int end = position(all, prefix + LAST);
        int next = position(all, parameters.getOrDefault("continuation-token", prefix));
        listings.add(prefix);
        StringBuilder contents = new StringBuilder();
        int count = 0;
        for (; next < end && count < most; count++) {
            String key = all.get(next);
            int slash = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
            if (slash < 0) {
                contents.append("<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%d</Size>"
                                .formatted(key, lastModified(key), ETAG.replace("\"", "&quot;"), content.length))
                        .append("<StorageClass>STANDARD</StorageClass></Contents>");
                next++;
            } else {
                String folder = key.substring(0, slash + 1);
                contents.append("<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>".formatted(folder));
                next = position(all, folder + LAST);
            }
        }
        String more = next < end
                ? "true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>".formatted(all.get(next))
                : "false</IsTruncated>";
        return "<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><KeyCount>%d</KeyCount><IsTruncated>%s%s</ListBucketResult>"
                .formatted(NAME, prefix, count, more, contents);
    }

    /** When the object appeared. */
    public Instant lastModified(String key) {
        Instant time = later.get(key);
        return time == null ? lastModified.apply(key) : time;
    }

    private static int position(List<String> keys, String text) {
        int found = Collections.binarySearch(keys, text);
        return found < 0 ? -found - 1 : found;
    }

    private void object(HttpExchange exchange, String key) throws IOException {
        if (Collections.binarySearch(keys, key) < 0) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        exchange.getResponseHeaders().set("ETag", ETAG);
        exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
        exchange.getResponseHeaders()
                .set(
                        "Last-Modified",
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                lastModified(key).atZone(ZoneOffset.UTC)));
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        String range = exchange.getRequestHeaders().getFirst("Range");
        byte[] whole = spoiled.contains(key) ? new byte[content.length] : content;
        byte[] part = whole;
        if (range != null) {
            List<Integer> ends = Arrays.stream(range.replace("bytes=", "").split("-", 2))
                    .map(Integer::parseInt)
                    .collect(Collectors.toList());
            int last = Math.min(ends.get(1), content.length - 1);
            part = Arrays.copyOfRange(whole, ends.get(0), last + 1);
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes %d-%d/%d".formatted(ends.get(0), last, content.length));
        }
        exchange.sendResponseHeaders(range == null ? 200 : 206, part.length);
        exchange.getResponseBody().write(part);
    }
}
