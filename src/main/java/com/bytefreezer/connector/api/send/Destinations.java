package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.config.Destination.Setting;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.destination.DestinationCheck;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.kit.SingleDelivery;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/** The destinations, their settings, and a test record for each. Safe for use by several threads. */
public final class Destinations {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final DateTimeFormatter PARTITION = DateTimeFormatter.ofPattern(
                    "'year='yyyy/'month='MM/'day='dd/'hour='HH/")
            .withZone(ZoneOffset.UTC);
    private static final ObjectMapper JSON = Json.mapper();

    private final Settings settings;
    private final Secrets secrets;
    private final Targets targets;

    /** The destinations of the route files of {@code settings}. */
    public Destinations(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        targets = new Targets(settings, secrets);
    }

    /** The destination in a request, in the original's format (docs/contracts.md). */
    public record Trial(String type, Map<String, JsonNode> config) {
        public Trial {
            type = Objects.requireNonNullElse(type, "").strip();
            config = config == null ? Map.of() : config;
        }
    }

    /** The result of a test record: {@code status} and {@code message}, or {@code error}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Tested(
            @Nullable String status,
            @Nullable String message,
            @Nullable String error) {}

    /** All destinations with their settings; the values of secrets are left out. */
    public Map<String, Object> list() {
        Map<String, Object> list = new LinkedHashMap<>();
        list.put(
                "destinations",
                targets.all().stream()
                        .map(destination -> {
                            Map<String, Object> one = new LinkedHashMap<>();
                            one.put("name", destination.name());
                            one.put("kind", destination.kind());
                            one.put("description", destination.description());
                            one.put("guarantee", destination.guarantee());
                            one.put(
                                    "settings",
                                    destination.settings().stream()
                                            .map(this::described)
                                            .toList());
                            one.put("checkable", DestinationCheck.isPossible(destination));
                            return one;
                        })
                        .toList());
        list.put("configured", settings.text("destination.type"));
        return list;
    }

    private Map<String, Object> described(Setting setting) {
        Optional<String> configured = targets.configured(setting);
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("name", setting.shortName());
        one.put("setting", setting.name());
        one.put("default", setting.byDefault());
        one.put("required", setting.required());
        one.put("secret", targets.isHidden(setting));
        one.put("description", setting.description());
        one.put("configured", configured.isPresent());
        if (configured.isPresent() && !targets.isHidden(setting)) {
            one.put("value", configured.get());
        }
        return one;
    }

    /**
     * Sends the original's test record.
     *
     * @throws ApiException if there is no such destination, it is not allowed, or its settings are not enough
     */
    public Tested test(@Body Trial trial) throws Exception {
        ApiException.required(trial);
        Target target = targets.resolve(trial.type(), trial.config());
        try (Scratch once = PageScratch.ofDelivery(settings, secrets, target)) {
            Instant now = Instant.now();
            Batch batch = SingleDelivery.batch(
                    List.of(testRecord(now)),
                    "test",
                    "test",
                    new LakeObject("test", PARTITION.format(now) + "test.parquet", 0, now));
            Optional<Throwable> failure;
            try {
                failure = new SingleDelivery(
                                once.settings(),
                                once.settings()
                                        .routes()
                                        .deliveryFiles(target.destination().kind()),
                                once.folder(),
                                PATIENCE)
                        .deliver(batch, new StandardOutput());
            } catch (Exception e) {
                throw ApiException.wrong(
                        secrets.mask("init failed: " + Failures.known(e).saying("")));
            }
            String problem = failure.map(Failures::describe).orElseGet(() -> batch.rejections().stream()
                    .map(rejection -> "the record is refused: " + rejection.reason())
                    .findFirst()
                    .orElse(""));
            return problem.isEmpty()
                    ? new Tested("ok", "Test record sent to " + target.type(), null)
                    : new Tested(null, null, secrets.mask("send failed: " + problem));
        }
    }

    private static byte[] testRecord(Instant now) throws JsonProcessingException {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("_test", true);
        record.put("_timestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        // The original's "_source" is a name that Elasticsearch keeps for itself.
        record.put("source", "bytefreezer-connector");
        return JSON.writeValueAsString(record).getBytes(StandardCharsets.UTF_8);
    }
}
