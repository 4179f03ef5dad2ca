package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.app.PreviewRun;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Sent;
import com.bytefreezer.connector.destination.SideRoute;
import com.bytefreezer.connector.kit.Rehearsal;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Header;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;

/**
 * Shows what would be sent: the first batch of an export, byte for byte as the destination would get it. The
 * destination's own route makes the requests, to a recording server on this machine; nothing leaves it. Safe for use by
 * several threads.
 */
public final class Previews {
    /** Each has its own Camel. */
    private static final int MOST_AT_A_TIME = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** A shorter one would occur in ordinary words. */
    private static final int SHORTEST_SECRET = 8;

    private final Settings settings;
    private final Secrets secrets;
    private final Watchdog watchdog;
    private final Targets targets;
    private final Semaphore free = new Semaphore(MOST_AT_A_TIME);

    /** Previews of exports of the lake that {@code settings} name. */
    public Previews(Settings settings, Secrets secrets, Watchdog watchdog) {
        this.watchdog = watchdog;
        this.settings = settings;
        this.secrets = secrets;
        targets = new Targets(settings, secrets);
    }

    /**
     * One request, message or file content.
     *
     * @param url with the real server's address
     * @param headers without the values of secrets
     * @param body as text; decompressed if necessary
     * @param bodyBase64 the bytes, if they are not text
     * @param bytes the size of the body
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Shown(
            String method,
            String url,
            Map<String, String> headers,
            @Nullable String body,
            @JsonProperty("body_base64") @Nullable String bodyBase64,
            int bytes) {}

    /**
     * The first requests.
     *
     * @param note a remark, or empty
     */
    public record Preview(
            List<Shown> requests,
            @JsonProperty("records_in_batch") int recordsInBatch,
            String note) {}

    /**
     * Makes the first batch and the requests to the destination.
     *
     * @param id to cancel it while the batch is read, or null
     * @throws ApiException if the request is wrong
     * @throws ConnectorException if the lake, the query or the route fails
     */
    public Preview preview(@Body SendRequest request, @Header("query_id") @Nullable String id, CamelContext camel)
            throws Exception {
        ApiException.required(request);
        Target target = targets.resolve(request.type(), request.config());
        if (!free.tryAcquire()) {
            throw ApiException.busy(
                    "%d previews are being made already. Try again in a moment.".formatted(MOST_AT_A_TIME));
        }
        try (Scratch once = PageScratch.ofPreview(settings, secrets, target, request)) {
            Optional<Batch> batch = firstBatch(once.settings(), id, camel);
            return batch.isEmpty()
                    ? new Preview(List.of(), 0, "The query selects no records.")
                    : preview(target, once, batch.get());
        } finally {
            free.release();
        }
    }

    private Optional<Batch> firstBatch(Settings once, @Nullable String id, CamelContext camel) throws Exception {
        try (Watchdog.Running running = watchdog.look(id);
                Cursor cursor = Cursor.open(once);
                PreviewRun run = new PreviewRun(once, cursor, running.engine(), camel, running::hasToEnd)) {
            try {
                return run.firstBatch();
            } catch (ConnectorException e) {
                throw running.told(e);
            }
        }
    }

    private Preview preview(Target target, Scratch once, Batch batch) throws Exception {
        Settings of = once.settings();
        if (target.destination().hasPreview()) {
            List<Shown> sent = SideRoute.ask(
                            of,
                            RouteFiles.PREVIEW,
                            target.destination().kind(),
                            exchange -> exchange.getMessage().setBody(batch),
                            PATIENCE,
                            Previews::sent)
                    .stream()
                    .map(one -> shown(one.method(), one.url(), one.headers(), one.body()))
                    .toList();
            return new Preview(sent, batch.recordCount(), noteOnOrder(batch));
        }
        Optional<Rehearsal> rehearsal = Rehearsal.with(of);
        if (rehearsal.isPresent()) {
            Path folder = once.folder().resolve("rehearsal");
            return requests(
                    rehearsal.get(), rehearsal.get().deliver(batch, folder), batch, secretsOfDestination(target, of));
        }
        return new Preview(
                List.of(shown("WRITE", target.type(), Map.of(), batch.ndjson())),
                batch.recordCount(),
                "These are the records that the route destination-%s gets. Its requests cannot be shown, because its file has no route preview-%1$s, and %1$s.test.yaml beside it does not say how to point it to a {server}."
                        .formatted(target.destination().kind()));
    }

    /** The answer of a preview route: one or several. */
    private static List<Sent> sent(Message answer) {
        Object body = answer.getBody();
        return (body instanceof List<?> several ? several : List.of(body))
                .stream().map(Sent.class::cast).toList();
    }

    private Preview requests(Rehearsal rehearsal, Rehearsal.Recorded recorded, Batch batch, Secrets hidden) {
        String origin = rehearsal.origin();
        List<Shown> requests = new ArrayList<>();
        for (Request request : recorded.requests()) {
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            request.headers().forEach((name, values) -> headers.put(name, shown(name, String.join(", ", values))));
            headers.computeIfPresent("Host", (name, value) -> origin.replaceFirst("^[a-zA-Z]+://", ""));
            String url = secrets.mask(origin + request.path());
            String shown = hidden.maskValues(request.text());
            if (!shown.equals(request.text())) {
                // Only an integrator's route does so.
                requests.add(new Shown(request.method(), url, headers, shown, null, request.body().length));
                continue;
            }
            Shown sent = shown(request.method(), url, headers, request.body());
            requests.add(
                    sent.body() == null && request.header("Content-Encoding").isPresent()
                            ? new Shown(
                                    sent.method(), sent.url(), headers, request.text(), sent.bodyBase64(), sent.bytes())
                            : sent);
        }
        if (requests.isEmpty()) {
            throw new ConnectorException("nothing would be sent: %s"
                    .formatted(recorded.failure().map(Failures::describe).orElse("the route makes no request")));
        }
        // The recording server cannot know every possible answer.
        String note = recorded.failure()
                .map(failure -> "What follows these requests depends on the server's answers. ")
                .orElse("");
        return new Preview(requests, batch.recordCount(), (note + noteOnOrder(batch)).strip());
    }

    /** Only the secrets of this destination: any other secret value may occur in a record by chance. */
    private static Secrets secretsOfDestination(Target target, Settings settings) {
        Secrets hidden = new Secrets();
        target.destination().settings().stream()
                .filter(setting -> setting.isSecret())
                .flatMap(setting -> settings.optional(setting.name()).stream())
                .filter(value -> value.length() >= SHORTEST_SECRET)
                .forEach(hidden::add);
        return hidden;
    }

    private static String noteOnOrder(Batch batch) {
        return batch.recordIds().isEmpty()
                ? "The query needs several objects at once, so the order of its records may differ at each run."
                : "";
    }

    private String shown(String header, String value) {
        return Secrets.isSecretHeader(header) ? value.replaceFirst("(?<=^|\\s)\\S+$", "***") : secrets.mask(value);
    }

    private static Shown shown(String method, String url, Map<String, String> headers, byte[] body) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            return new Shown(method, url, headers, text, null, body.length);
        } catch (CharacterCodingException e) {
            return new Shown(method, url, headers, null, Base64.getEncoder().encodeToString(body), body.length);
        }
    }
}
