package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.app.PreviewRun;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.destination.kafka.KafkaRecords;
import com.bytefreezer.connector.kit.Rehearsal;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.component.kafka.KafkaConstants;
import org.jspecify.annotations.Nullable;

/**
 * Shows what would be sent: the first batch of an export, byte for byte as the destination would get it. The
 * destination's own route makes the requests, to a recording server on this machine; nothing leaves it. Safe for use by
 * several threads.
 */
public final class Previews {
    /** Each has a Camel of its own. */
    private static final int MOST_AT_A_TIME = 4;
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
    public record Sent(
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
            List<Sent> requests,
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
            throw new ApiException(
                    429, "%d previews are being made already. Try again in a moment.".formatted(MOST_AT_A_TIME));
        }
        try (Scratch once = PageScratch.ofPreview(settings, secrets, target, request)) {
            Optional<Batch> batch = firstBatch(once.settings(), id, camel);
            return batch.isEmpty()
                    ? new Preview(List.of(), 0, "The query selects no record.")
                    : preview(target, once, batch.get(), camel);
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

    private Preview preview(Target target, Scratch once, Batch batch, CamelContext camel) throws Exception {
        Settings of = once.settings();
        if (target.type().equals("kafka")) {
            return new Preview(messages(of, batch, camel), batch.recordCount(), noteOnOrder(batch));
        }
        Optional<Rehearsal> rehearsal = Rehearsal.with(of);
        if (rehearsal.isPresent()) {
            Path folder = once.folder().resolve("rehearsal");
            return requests(
                    rehearsal.get(), rehearsal.get().deliver(batch, folder), batch, secretsOfDestination(target, of));
        }
        String where = of.optional("destination." + target.type() + ".folder").orElse("");
        boolean isKnown = List.of("stdout", "file").contains(target.type());
        return new Preview(
                List.of(sent("WRITE", where.isEmpty() ? target.type() : "file:" + where, Map.of(), batch.ndjson())),
                batch.recordCount(),
                isKnown
                        ? noteOnOrder(batch)
                        : "These are the records that the route destination-%s gets. Its requests cannot be shown, because %s.test.yaml beside it does not say how to point it to a {server}."
                                .formatted(target.type(), target.type()));
    }

    private Preview requests(Rehearsal rehearsal, Rehearsal.Recorded recorded, Batch batch, Secrets hidden) {
        String origin = rehearsal.origin();
        List<Sent> requests = new ArrayList<>();
        for (Request request : recorded.requests()) {
            Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            request.headers().forEach((name, values) -> headers.put(name, shown(name, String.join(", ", values))));
            headers.computeIfPresent("Host", (name, value) -> origin.replaceFirst("^[a-zA-Z]+://", ""));
            String url = secrets.mask(origin + request.path());
            String shown = hidden.maskValues(request.text());
            if (!shown.equals(request.text())) {
                // Only an integrator's route does so.
                requests.add(new Sent(request.method(), url, headers, shown, null, request.body().length));
                continue;
            }
            Sent sent = sent(request.method(), url, headers, request.body());
            requests.add(
                    sent.body() == null && request.header("Content-Encoding").isPresent()
                            ? new Sent(
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

    private static List<Sent> messages(Settings settings, Batch batch, CamelContext camel) throws IOException {
        KafkaRecords records = new KafkaRecords();
        records.setKeyColumn(settings.optional("destination.kafka.key-column").orElse(""));
        records.setTopic(settings.text("destination.kafka.topic"));
        List<Sent> messages = new ArrayList<>();
        for (Exchange message : records.messages(batch, camel)) {
            Map<String, String> headers = new TreeMap<>();
            message.getIn().getHeaders().forEach((name, value) -> {
                if (value != null) {
                    headers.put(name.equals(KafkaConstants.KEY) ? "key" : name, String.valueOf(value));
                }
            });
            messages.add(sent(
                    "PRODUCE",
                    "kafka:" + records.topic(batch),
                    headers,
                    message.getIn().getBody(byte[].class)));
        }
        return messages;
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

    private static Sent sent(String method, String url, Map<String, String> headers, byte[] body) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            return new Sent(method, url, headers, text, null, body.length);
        } catch (CharacterCodingException e) {
            return new Sent(method, url, headers, null, Base64.getEncoder().encodeToString(body), body.length);
        }
    }
}
