package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.Settings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A command for a shell that sends an event to a feed. */
final class TestEvent {
    private static final String EVENT = "{\"message\":\"a test of the feed\"}";

    private TestEvent() {}

    /** Empty if its input has no senders. */
    static String command(NewFeed feed, Settings settings) {
        String host = settings.text("feeds.host").equals("0.0.0.0") ? "127.0.0.1" : settings.text("feeds.host");
        String port = feed.parameters()
                .getOrDefault(
                        "port",
                        settings.inputs()
                                .getOrDefault(feed.input(), Map.of())
                                .getOrDefault("port", settings.text("feeds.http-port")));
        boolean tls = feed.parameters().getOrDefault("tls", "").equals("true");
        return switch (feed.input()) {
            case "http" -> http(feed, settings, host);
            case "syslog" ->
                tls
                        ? "echo '<13>1 - - test - - - a test of the feed' | openssl s_client -quiet -connect %s:%s"
                                .formatted(host, port)
                        : "logger -n %s -P %s -t test 'a test of the feed'".formatted(host, port);
            case "tcp" ->
                tls
                        ? "echo '%s' | openssl s_client -quiet -connect %s:%s".formatted(EVENT, host, port)
                        : "echo '%s' > /dev/tcp/%s/%s".formatted(EVENT, host, port);
            case "udp" -> "echo '%s' > /dev/udp/%s/%s".formatted(EVENT, host, port);
            default -> "";
        };
    }

    private static String http(NewFeed feed, Settings settings, String host) {
        boolean tls = settings.optional("feeds.certificate-file").isPresent();
        String token = feed.settings().isEmpty() ? "" : "-H \"Authorization: Bearer $TOKEN\" ";
        return "curl %s--data-binary '%s' %s://%s:%s/%s/%s"
                .formatted(
                        token,
                        EVENT,
                        tls ? "https" : "http",
                        host,
                        settings.text("feeds.http-port"),
                        one(feed.tenant()),
                        one(feed.dataset()));
    }

    /** One of a list; the stars of a pattern stand for anything. */
    private static String one(String names) {
        String first = names.split(",", 2)[0].strip();
        String last = first.substring(first.lastIndexOf('/') + 1);
        return URLEncoder.encode(last.replace("*", "test"), StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("'", "%27");
    }
}
