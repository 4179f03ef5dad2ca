package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.destination.StandardOutput;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The requests that a destination's route sends to deliver a batch. The route runs unchanged, but its settings point to
 * a recording server on the loopback address. The file of its cases says which settings these are and how such a server
 * answers.
 */
public final class Rehearsal {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern URL = Pattern.compile("[a-zA-Z]+://([^/?#@]*@)?([^/?#@]+)(.*)", Pattern.DOTALL);
    /** The recording server has no TLS and no proxy. */
    private static final List<String> OF_THE_CONNECTION =
            List.of("ca-file", "certificate-file", "key-file", "key-password", "proxy-host", "proxy-port");

    private final Settings settings;
    private final String prefix;
    private final CaseFile cases;
    private final RouteFiles routes;

    /** @param settings of the delivery; {@code destination.type} names the destination */
    private Rehearsal(Settings settings, CaseFile cases) {
        this.settings = settings;
        this.cases = cases;
        routes = settings.routes();
        prefix = "destination." + settings.text("destination.type") + ".";
    }

    /**
     * The recorded requests.
     *
     * @param failure why the batch was not delivered with them, if so
     */
    public record Recorded(List<Request> requests, Optional<Throwable> failure) {}

    /**
     * A rehearsal, if the destination has a file of cases that says how to point it to a server.
     *
     * @param settings of the delivery; {@code destination.type} names the destination
     */
    public static Optional<Rehearsal> with(Settings settings) {
        return settings.routes()
                .caseFile(settings.text("destination.type"))
                .map(CaseFile::read)
                .filter(cases -> cases.settings().values().stream().anyMatch(value -> value.contains(CaseFile.SERVER)))
                .map(cases -> new Rehearsal(settings, cases));
    }

    /**
     * Delivers the batch to the recording server.
     *
     * @param folder for other files of the delivery
     * @throws SettingsException if settings are missing or wrong
     * @throws Exception if the route does not start
     */
    public Recorded deliver(Batch batch, Path folder) throws Exception {
        try (ScriptedServer server = ScriptedServer.start()) {
            List<Integer> records =
                    IntStream.range(0, batch.recordCount()).boxed().toList();
            server.reply(new Answers(cases.server()).all(records).reply());
            Settings pointed = settings.with(Mode.BATCH, routes, overrides(server));
            Optional<Throwable> failure = new SingleDelivery(
                            pointed, routes.deliveryFiles(settings.text("destination.type")), folder, PATIENCE)
                    .deliver(batch, new StandardOutput(OutputStream.nullOutputStream()));
            return new Recorded(server.requests(), failure);
        }
    }

    /** The real server's address as {@code https://host:port}; empty if the settings do not contain it. */
    public String origin() {
        return addresses().values().stream()
                .map(URL::matcher)
                .filter(Matcher::matches)
                .map(url -> url.group()
                        .substring(0, url.start(3))
                        .replace(Optional.ofNullable(url.group(1)).orElse("@"), ""))
                .findFirst()
                .orElse("");
    }

    /** The settings with the server's address, and their values. */
    private Map<String, String> addresses() {
        Map<String, String> addresses = new TreeMap<>();
        cases.settings().forEach((name, value) -> {
            if (value.contains(CaseFile.SERVER)) {
                // The first of several nodes.
                addresses.put(
                        name,
                        settings.optional(name).orElse("").split(",", 2)[0].strip());
            }
        });
        return addresses;
    }

    private Map<String, String> overrides(ScriptedServer server) {
        Map<String, String> overrides = new TreeMap<>();
        addresses().forEach((name, value) -> overrides.put(name, pointed(name, value, server)));
        OF_THE_CONNECTION.stream()
                .map(name -> prefix + name)
                .filter(name -> settings.optional(name).isPresent())
                .forEach(name -> overrides.put(name, ""));
        overrides.put("delivery.max-retries", "0");
        overrides.put("shutdown.timeout-seconds", "1");
        return overrides;
    }

    private String pointed(String name, String value, ScriptedServer server) {
        Matcher url = URL.matcher(value);
        if (!url.matches()) {
            return cases.settings()
                    .getOrDefault(name, "")
                    .replace(CaseFile.SERVER, server.url().toString());
        }
        String user = Optional.ofNullable(url.group(1)).orElse("");
        return "http://" + user + server.url().getAuthority() + url.group(3);
    }
}
