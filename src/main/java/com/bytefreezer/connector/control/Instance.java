package com.bytefreezer.connector.control;

import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Moment;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process as the control plane lists it (docs/contracts.md): what {@code routes/health.camel.yaml} sends, and how
 * answers are handled. Logs once that the control plane fails, and once that it is back. Safe for use by several
 * threads.
 */
public final class Instance {
    private static final Logger LOG = LoggerFactory.getLogger(Instance.class);
    private static final ObjectMapper JSON = Json.mapper();
    /** As which it is listed; the first one is always there, under the bare id. */
    private static final String CONNECTOR = "connector";

    private static final String PLATFORM = "bytefreezer-";
    /** A stop must not wait for the control plane. */
    private static final Duration LONGEST_DEPARTURE = Duration.ofSeconds(3);

    /**
     * The state of this process.
     *
     * @param problem what is wrong, in one line; empty if nothing is
     * @param counters by name, as shown to the account's users
     */
    public record Condition(String problem, Map<String, Object> counters) {}

    /**
     * A request to the control plane.
     *
     * @param role of this process, in which it is sent
     */
    public record Call(String role, String name, String method, String url, String body) {}

    private final Settings settings;
    private final Supplier<Map<String, Condition>> conditions;
    private final String id;
    private final String api;
    private final Map<String, Object> configuration;
    private final Moment started = Moment.now();
    private final Set<String> registered = new TreeSet<>();
    private boolean leaving;
    /** The roles whose last call has failed. */
    private final Set<String> failing = new TreeSet<>();

    private String saidProblem = "";
    private String lastAction = "";

    /**
     * An instance of the connector.
     *
     * @param port of the API
     * @param condition evaluated for each report
     * @param others the further parts of the platform that this process stands for, such as {@code receiver}
     */
    public Instance(
            Settings settings,
            Mode mode,
            String version,
            int port,
            Supplier<Condition> condition,
            Supplier<Map<String, Condition>> others) {
        this.settings = settings;
        conditions = () -> {
            Map<String, Condition> all = new LinkedHashMap<>(Map.of(CONNECTOR, condition.get()));
            all.putAll(others.get());
            return all;
        };
        String hostname = hostname();
        String host = System.getenv("HOST_HOSTNAME");
        id = id(hostname, host, Files.exists(Path.of("/.dockerenv")));
        api = api(settings.text("server.host"), hostname, port);
        configuration = new LinkedHashMap<>(Map.of("mode", mode.toString(), "version", version));
        if (mode.exports()) {
            configuration.put("destination", settings.text("destination.type"));
            settings.optional("query.dataset-id").ifPresent(dataset -> configuration.put("dataset_id", dataset));
        }
    }

    /** The next calls: for each role first the registration, then reports, none after {@link #departure}. */
    public synchronized List<Call> due() {
        List<Call> calls = new ArrayList<>();
        if (leaving) {
            return calls;
        }
        boolean registers = settings.isTrue("health-reporting.register-on-startup");
        boolean reports = settings.isTrue("health-reporting.enabled");
        if (registers || reports) {
            conditions.get().forEach((role, condition) -> {
                if (registers && !registered.contains(role)) {
                    calls.add(call(role, "registration", "POST", "register", registration(role)));
                } else if (reports) {
                    calls.add(call(role, "report", "POST", "report", report(role, condition)));
                }
            });
        }
        return calls;
    }

    /** The calls that deregister this process. A report after them would be one of a process that is there. */
    public synchronized List<Call> departure() {
        leaving = true;
        Set<String> roles = new TreeSet<>(registered);
        roles.add(CONNECTOR);
        return roles.stream()
                .map(role -> call(role, "deregistration", "DELETE", idOf(role), Map.of()))
                .toList();
    }

    /** Handles an answer of the control plane. */
    public synchronized void answered(
            @Variable("call") Call call, @Header(Exchange.HTTP_RESPONSE_CODE) int status, @Body @Nullable String body) {
        if (status / 100 == 2 && isPage(body)) {
            failed(call, "the answer is an HTML page, such as a proxy's login. Check control.url and the proxy.");
            return;
        }
        if (status < 500) {
            registered.add(call.role());
        }
        if (status / 100 != 2) {
            failed(call, "%d%s. %s".formatted(status, LakeCredentials.reason(body), advice(status)));
            return;
        }
        if (failing.remove(call.role()) && failing.isEmpty()) {
            LOG.info("control plane {}: {} accepted again.", url(), call.name());
        } else if (call.name().equals("registration")) {
            LOG.info("control plane {}: registered as {}{} {}.", url(), PLATFORM, call.role(), idOf(call.role()));
        }
        refuse(body);
    }

    /** Handles a call without an answer. */
    public synchronized void notAnswered(
            @Variable("call") Call call, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        failed(call, "no answer (%s). Check control.url and the network.".formatted(Failures.describe(failure)));
    }

    /**
     * Sends {@link #departure}, without waiting long. Call it before {@code routes} stop.
     *
     * @param routes null if the start has not reached them yet
     */
    public static void leave(@Nullable CamelContext routes) {
        if (routes == null || routes.getRoute("deregister") == null) {
            return;
        }
        try (ProducerTemplate template = routes.createProducerTemplate()) {
            template.asyncRequestBody("direct:deregister", "").get(LONGEST_DEPARTURE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | IOException e) {
            LOG.info("The control plane did not receive the deregistration in time; it will notice the stop.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The name of this process (docs/contracts.md).
     *
     * @param host of the container, if known
     */
    static String id(String hostname, @Nullable String host, boolean inContainer) {
        return host == null || host.isBlank() || host.equals(hostname) || !inContainer
                ? hostname
                : host + ":" + hostname;
    }

    /** The address where the control plane can check this process: host and port, no scheme. */
    static String api(String serverHost, String hostname, int port) {
        boolean all = serverHost.equals("0.0.0.0") || serverHost.equals("::");
        return (all ? hostname : serverHost) + ":" + port;
    }

    /** Distinct, because the control plane removes an instance by its id alone. */
    private String idOf(String role) {
        return role.equals(CONNECTOR) ? id : id + "-" + role;
    }

    private Map<String, Object> registration(String role) {
        return Map.of(
                "service_type",
                PLATFORM + role,
                "instance_id",
                idOf(role),
                "instance_api",
                api,
                "status",
                "Starting",
                "configuration",
                configuration);
    }

    private Map<String, Object> report(String role, Condition now) {
        boolean healthy = now.problem().isEmpty();
        Instant time = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Map<String, Object> metrics = new LinkedHashMap<>(now.counters());
        metrics.put("timestamp", time.getEpochSecond());
        metrics.put("last_health_check", time.toString());
        metrics.put("uptime_seconds", started.past().toSeconds());
        if (!healthy) {
            metrics.put("reason", now.problem());
        }
        return Map.of(
                "service_name", PLATFORM + role,
                "service_id", idOf(role),
                "instance_api", api,
                "healthy", healthy,
                "status", healthy ? "healthy" : "degraded",
                "configuration", configuration,
                "metrics", metrics);
    }

    private Call call(String role, String name, String method, String last, Map<String, Object> body) {
        try {
            return new Call(
                    role,
                    name,
                    method,
                    "%s/api/v1/accounts/%s/services/%s"
                            .formatted(
                                    url(),
                                    LakeCredentials.escaped(settings.optional("control.account-id")
                                            .orElse("")),
                                    LakeCredentials.escaped(last)),
                    body.isEmpty() ? "" : JSON.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private String url() {
        return ControlUrl.of(settings, "");
    }

    private void failed(Call call, String problem) {
        // One that is away is said once, not for each role.
        boolean isNews = failing.isEmpty() || (!failing.contains(call.role()) && !problem.equals(saidProblem));
        if (isNews) {
            LOG.warn(
                    "control plane {}, {}: {} Exports continue; the connector tries again every {} s.",
                    url(),
                    call.name(),
                    problem,
                    settings.text("health-reporting.report-interval"));
        }
        failing.add(call.role());
        saidProblem = problem;
    }

    /** Upgrade and remove requests are logged and ignored: the host decides about this process. */
    private void refuse(@Nullable String body) {
        String action = action(body).orElse("");
        if (!action.isEmpty() && !action.equals(lastAction)) {
            LOG.warn(
                    "control plane {}: it requests \"{}\". Ignored. Do this on the host of the connector.",
                    url(),
                    action);
        }
        lastAction = action;
    }

    private static boolean isPage(@Nullable String body) {
        return body != null && body.stripLeading().startsWith("<");
    }

    private static Optional<String> action(@Nullable String body) {
        try {
            JsonNode answer = JSON.readTree(body == null ? "" : body);
            String action = answer.path("action").asText("");
            String tag = answer.path("upgrade_tag").asText("");
            return action.isBlank() ? Optional.empty() : Optional.of(PlainText.answer(action + " " + tag));
        } catch (JsonProcessingException e) {
            // The control plane accepted the call; the content of its answer does not matter.
            return Optional.empty();
        }
    }

    private static String advice(int status) {
        return switch (status) {
            case 401 -> "Check control.api-key.";
            case 403 -> "Check that the key belongs to control.account-id.";
            case 404 -> "Check control.url and control.account-id.";
            default -> "It may recover by itself.";
        };
    }

    private static String hostname() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException notLinux) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (IOException e) {
                return "localhost";
            }
        }
    }
}
