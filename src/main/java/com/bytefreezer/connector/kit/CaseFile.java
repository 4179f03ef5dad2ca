package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Suggestion;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The cases of one destination: {@code <name>.test.yaml} beside its route file. docs/add-a-destination.md explains the
 * format.
 *
 * @param settings of every case and of the certification; {@code {server}} stands for the server's URL
 * @param without standard cases that do not apply, each with the reason
 * @param server the real server's answer of success, for the certification
 * @param certify the real server's address, for the certification of a destination that does not speak HTTP
 */
public record CaseFile(
        Map<String, String> settings,
        Map<String, String> without,
        Success server,
        Map<String, String> certify,
        List<Case> cases) {
    /** The cases that every destination must have; a case's name begins like this. */
    public static final List<String> STANDARD =
            List.of("accepts", "rejects one record", "429 then accepts", "503 until retries end", "wrong credentials");

    /** No cases. */
    static final CaseFile NONE = new CaseFile(Map.of(), Map.of(), Success.PLAIN, Map.of(), List.of());

    /** The server's address, in settings and expectations. */
    static final String SERVER = "{server}";

    private static final ObjectMapper YAML = YAMLMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    public CaseFile {
        settings = settings == null ? Map.of() : new TreeMap<>(settings);
        without = without == null ? Map.of() : new TreeMap<>(without);
        server = server == null ? Success.PLAIN : server;
        certify = certify == null ? Map.of() : new TreeMap<>(certify);
        cases = cases == null ? List.of() : List.copyOf(cases);
    }

    /**
     * One case: what is delivered, what the server answers, and what must result.
     *
     * @param records a list of records, or how many to generate; null for a notification
     * @param notification what people are told, by its fields; null for a destination
     * @param replies in order; the last one repeats
     */
    public record Case(
            String name,
            Map<String, String> settings,
            @Nullable JsonNode records,
            @Nullable Map<String, String> notification,
            List<Answer> replies,
            Expect expect) {
        public Case {
            settings = settings == null ? Map.of() : new TreeMap<>(settings);
            replies = replies == null ? List.of() : List.copyOf(replies);
        }
    }

    /**
     * An answer of the server.
     *
     * @param body text, or a value written as JSON
     * @param cut whether the connection breaks in the middle of the answer
     */
    public record Answer(
            @Nullable Integer status,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body,
            @Nullable Integer delayMs,
            boolean cut) {}

    /**
     * The expected result of a case. Unspecified parts are not checked, except refused and repeated records.
     *
     * @param requests how many, or the expected content of each
     * @param outcome accepted, failed (the destination threw) or stopped (delivery.on-rejected=stop)
     * @param accepted how many records are accepted
     * @param rejected exactly these records are refused
     * @param retries how often a step was tried again
     * @param output content of standard output
     */
    public record Expect(
            @Nullable JsonNode requests,
            @Nullable String outcome,
            @Nullable Integer accepted,
            @Nullable Integer duplicates,
            @Nullable List<Rejected> rejected,
            @Nullable String error,
            @Nullable Integer retries,
            @Nullable String output) {
        private static final List<String> OUTCOMES = List.of("accepted", "failed", "stopped");
    }

    /** An expected request. Unspecified parts are not checked. */
    public record ExpectedRequest(
            @Nullable String method,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            @Nullable JsonNode body) {}

    /**
     * An expected refused record.
     *
     * @param record its number in the batch, from 0
     * @param reason a part of the reason
     */
    public record Rejected(int record, @Nullable String reason) {}

    /**
     * The answer of a healthy server.
     *
     * @param body text; {@code {items}} stands for an item of each record, {@code {partial}} for true or false
     * @param item the part of the answer for an accepted record
     * @param openItem the part for a record to send again, if the server has such answers
     * @param refused the answer for a record refused for good: with items, the item of that record; otherwise the body
     *     of a 400, in which {@code {position}} stands for the record's position in the request
     */
    public record Success(
            @Nullable Integer status,
            @Nullable Map<String, String> headers,
            @Nullable String body,
            @Nullable JsonNode item,
            @Nullable JsonNode openItem,
            @Nullable JsonNode refused) {
        private static final Success PLAIN = new Success(null, null, null, null, null, null);
    }

    /** The requests that {@code expect} lists; empty if it has only their number. */
    static List<ExpectedRequest> requests(Expect expect) {
        List<ExpectedRequest> requests = new ArrayList<>();
        if (expect.requests() != null && expect.requests().isArray()) {
            for (JsonNode request : expect.requests()) {
                requests.add(YAML.convertValue(request, ExpectedRequest.class));
            }
        }
        return requests;
    }

    /** The standard cases that are neither present nor excused. */
    public List<String> missing() {
        return STANDARD.stream()
                .filter(standard -> !without.containsKey(standard)
                        && cases.stream().noneMatch(one -> one.name().startsWith(standard)))
                .toList();
    }

    /**
     * Reads and checks a file.
     *
     * @throws ConnectorException with its first mistake
     */
    public static CaseFile read(Path file) {
        try {
            CaseFile cases = YAML.readValue(Files.readString(file), CaseFile.class);
            cases.check(file);
            return cases;
        } catch (UnrecognizedPropertyException e) {
            throw wrong(file, unknownKey(e), e);
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
            // Without the excerpts that the YAML parser inserts.
            String what = e.getOriginalMessage()
                    .lines()
                    .filter(line -> !line.startsWith(" "))
                    .collect(Collectors.joining(", "));
            throw wrong(file, where + what + ". A text with {, : or ? may need quotes.", e);
        } catch (IOException e) {
            throw wrong(file, "it cannot be read (" + e.getClass().getSimpleName() + ").", e);
        }
    }

    private void check(Path file) {
        without.forEach((name, reason) -> {
            if (!STANDARD.contains(name)) {
                throw wrong(file, "without: \"" + name + "\" is not a standard case." + Suggestion.of(name, STANDARD));
            }
            if (reason == null || reason.isBlank()) {
                throw wrong(file, "without: say why \"" + name + "\" does not apply.");
            }
        });
        certify.keySet().stream()
                .filter(name -> !RealServer.SETTINGS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw wrong(
                            file,
                            "certify: " + name + " is not a key here." + Suggestion.of(name, RealServer.SETTINGS)
                                    + " There are: " + String.join(", ", RealServer.SETTINGS) + ".");
                });
        if (cases.isEmpty() && !without.keySet().containsAll(STANDARD)) {
            throw wrong(file, "it has no cases.");
        }
        Set<String> names = new HashSet<>();
        for (Case one : cases) {
            if (one.name() == null || one.name().isBlank()) {
                throw wrong(file, "a case has no name.");
            }
            if (!names.add(one.name())) {
                throw wrong(file, "two cases are named \"" + one.name() + "\".");
            }
            check(file, one);
        }
    }

    private static void check(Path file, Case one) {
        String subject = "case \"" + one.name() + "\": ";
        JsonNode records = one.records();
        if (one.notification() == null && (records == null || !(records.canConvertToInt() || records.isArray()))) {
            throw wrong(file, subject + "records must be a number or a list of records.");
        }
        if (records != null && (records.isArray() ? records.isEmpty() : records.asInt() < 1)) {
            throw wrong(file, subject + "there must be at least one record.");
        }
        Expect expect = one.expect();
        if (expect == null || expect.equals(new Expect(null, null, null, null, null, null, null, null))) {
            throw wrong(file, subject + "it expects nothing; say under expect: what must result.");
        }
        if (expect.outcome() != null && !Expect.OUTCOMES.contains(expect.outcome())) {
            throw wrong(
                    file,
                    subject + "outcome must be one of " + String.join(", ", Expect.OUTCOMES) + ", not \""
                            + expect.outcome() + "\".");
        }
        JsonNode requests = expect.requests();
        if (requests != null && !requests.isArray() && !requests.isInt()) {
            throw wrong(file, subject + "requests must be a number or a list of requests.");
        }
        try {
            requests(expect);
        } catch (IllegalArgumentException e) {
            throw e.getCause() instanceof UnrecognizedPropertyException unknown
                    ? wrong(file, subject + unknownKey(unknown), e)
                    : wrong(file, subject + "requests cannot be read.", e);
        }
    }

    private static String unknownKey(UnrecognizedPropertyException e) {
        List<String> known =
                e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
        String where = e.getLocation() != null && e.getLocation().getLineNr() > 0
                ? "line " + e.getLocation().getLineNr() + ": "
                : "";
        return where + e.getPropertyName() + " is not a key here." + Suggestion.of(e.getPropertyName(), known)
                + " There are: " + String.join(", ", known) + ".";
    }

    private static ConnectorException wrong(Path file, String what) {
        return new ConnectorException(file.getFileName() + ": " + what, Problem.NOT_STARTED, "", null);
    }

    private static ConnectorException wrong(Path file, String what, Exception cause) {
        return new ConnectorException(file.getFileName() + ": " + what, Problem.NOT_STARTED, "", cause);
    }
}
