package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.InputCaseFile.Answer;
import com.bytefreezer.connector.kit.InputCaseFile.Expect;
import com.bytefreezer.connector.kit.InputCases.Happened;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Describes in lines for people how what was stored differs from the expectation of a case. */
final class InputComparison {
    private static final int LONGEST = 600;
    private static final String TIME = "BfTs";

    private final Expect expect;
    private final List<String> problems = new ArrayList<>();

    InputComparison(Expect expect) {
        this.expect = expect;
    }

    List<String> problems(Happened was) {
        answers(was.answers());
        stored("event", expect.events(), was.stored().events(), InputComparison::isEvent);
        stored(
                "dead letter",
                Objects.requireNonNullElse(expect.deadLetters(), IntNode.valueOf(0)),
                was.stored().deadLetters(),
                InputComparison::isDeadLetter);
        String error = expect.error();
        if (error != null && (error.isEmpty() ? !was.errors().isEmpty() : !contains(was.errors(), error))) {
            problem("error", error.isEmpty() ? "none" : error, String.join("; ", was.errors()));
        }
        return problems;
    }

    private static boolean contains(List<String> errors, String part) {
        return errors.stream().anyMatch(one -> Matching.text("{any}" + part + "{any}", one));
    }

    private void answers(List<Wire.Answer> actual) {
        List<Answer> expected = expect.answers();
        if (expected == null) {
            return;
        }
        if (expected.size() != actual.size()) {
            problem("answers", expected.size(), actual.size());
        }
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            Answer one = expected.get(i);
            Wire.Answer was = actual.get(i);
            String subject = "answer " + (i + 1);
            if (one.status() != null && one.status() != was.status()) {
                problem(subject, one.status(), "%d %s".formatted(was.status(), was.body()));
            }
            for (Map.Entry<String, String> header : Objects.requireNonNullElse(one.headers(), Map.<String, String>of())
                    .entrySet()) {
                String value = was.headers().get(header.getKey());
                if (value == null || !Matching.text(header.getValue(), value)) {
                    problem(subject + ": " + header.getKey(), header.getValue(), String.valueOf(value));
                }
            }
            JsonNode body = one.body();
            if (body != null && !Matching.body(body, was.body())) {
                problem(subject + ": body", Matching.textOf(body), was.body());
            }
        }
    }

    private interface Same {
        boolean test(JsonNode expected, JsonNode actual);
    }

    /** In any order: what goes different ways may overtake. */
    private void stored(String what, @Nullable JsonNode expected, List<JsonNode> actual, Same same) {
        if (expected == null) {
            return;
        }
        if (!expected.isArray()) {
            if (expected.asInt() != actual.size()) {
                problem(what + "s", expected.asInt(), "%d %s".formatted(actual.size(), actual));
            }
            return;
        }
        List<JsonNode> left = new ArrayList<>(actual);
        List<JsonNode> missing = new ArrayList<>();
        for (JsonNode one : expected) {
            int found = IntStream.range(0, left.size())
                    .filter(each -> same.test(one, left.get(each)))
                    .findFirst()
                    .orElse(-1);
            if (found < 0) {
                missing.add(one);
            } else {
                left.remove(found);
            }
        }
        for (int i = 0; i < Math.max(left.size(), missing.size()); i++) {
            problem(
                    what,
                    i < missing.size() ? Matching.textOf(missing.get(i)) : "no further one",
                    i < left.size() ? left.get(i).toString() : "not there");
        }
    }

    private static boolean isEvent(JsonNode expected, JsonNode actual) {
        ObjectNode rest = actual.deepCopy();
        if (!expected.has(TIME)) {
            rest.remove(TIME);
        }
        return Matching.json(expected, rest);
    }

    /** A part of the reason is enough. */
    private static boolean isDeadLetter(JsonNode expected, JsonNode actual) {
        return expected.properties().stream().allMatch(member -> {
            String value = actual.path(member.getKey()).asText();
            String wanted = member.getValue().asText();
            return Matching.text(member.getKey().equals("reason") ? "{any}" + wanted + "{any}" : wanted, value);
        });
    }

    private void problem(String subject, Object expected, Object actual) {
        problems.add("%s: expected %s, was %s".formatted(subject, shown(expected), shown(actual)));
    }

    private static String shown(Object value) {
        String line = value.toString().replace("\r", "\\r").replace("\n", "\\n");
        String cut = line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
        return cut.isEmpty() ? "nothing" : cut;
    }
}
