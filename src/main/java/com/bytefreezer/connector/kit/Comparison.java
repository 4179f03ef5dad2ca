package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.delivery.Batch.Rejection;
import com.bytefreezer.connector.kit.CaseFile.Expect;
import com.bytefreezer.connector.kit.CaseFile.ExpectedRequest;
import com.bytefreezer.connector.kit.CaseFile.Rejected;
import com.bytefreezer.connector.kit.Cases.Delivered;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Describes in lines for people how the result of a case differs from the expectation. */
final class Comparison {
    private static final int LONGEST = 600;

    private final Expect expect;
    private final String server;
    private final List<String> problems = new ArrayList<>();

    /** @param server the address that {@code {server}} stands for */
    Comparison(Expect expect, String server) {
        this.expect = expect;
        this.server = server;
    }

    List<String> problems(Delivered was) {
        String outcome = was.error().isEmpty() ? was.outcome() : was.outcome() + " (" + was.error() + ")";
        check("outcome", expect.outcome(), outcome, was.outcome().equals(expect.outcome()));
        check("accepted", expect.accepted(), was.counts().accepted());
        check(
                "duplicates",
                Objects.requireNonNullElse(expect.duplicates(), 0),
                was.counts().duplicates());
        rejected(Objects.requireNonNullElse(expect.rejected(), List.of()), was.rejections());
        String error = expand(expect.error());
        check("error", error, was.error(), error != null && contains(was.error(), error));
        check("retries", expect.retries(), was.retries());
        check("output", expect.output(), was.output(), Objects.equals(expect.output(), was.output()));
        requests(was.requests());
        return problems;
    }

    private void rejected(List<Rejected> expected, List<Rejection> actual) {
        boolean same = expected.size() == actual.size();
        for (int i = 0; same && i < actual.size(); i++) {
            String reason = expand(expected.get(i).reason());
            same = expected.get(i).record() == actual.get(i).recordNumber()
                    && (reason == null || contains(actual.get(i).reason(), reason));
        }
        check(
                "rejected",
                expected.isEmpty()
                        ? "none"
                        : expected.stream()
                                .map(one -> one.record() + (one.reason() == null ? "" : " (" + one.reason() + ")"))
                                .collect(Collectors.joining(", ")),
                actual.isEmpty()
                        ? "none"
                        : actual.stream()
                                .map(one -> one.recordNumber() + " (" + one.reason() + ")")
                                .collect(Collectors.joining(", ")),
                same);
    }

    private void requests(List<Request> actual) {
        JsonNode expected = expect.requests();
        if (expected == null) {
            return;
        }
        int count = expected.isArray() ? expected.size() : expected.asInt();
        if (count != actual.size()) {
            String list = actual.stream()
                    .map(request -> request.method() + " " + request.path())
                    .collect(Collectors.joining(", "));
            check("requests", count, actual.size() + (list.isEmpty() ? "" : " (" + list + ")"), false);
        }
        List<ExpectedRequest> each = CaseFile.requests(expect);
        for (int i = 0; i < Math.min(each.size(), actual.size()); i++) {
            request("request " + (i + 1) + ", ", each.get(i), actual.get(i));
        }
    }

    private void request(String subject, ExpectedRequest expected, Request actual) {
        text(subject + "method", expected.method(), actual.method());
        text(subject + "path", expected.path(), actual.path());
        if (expected.headers() != null) {
            expected.headers()
                    .forEach((name, value) -> text(
                            subject + "header " + name,
                            value,
                            actual.header(name).orElse("no such header")));
        }
        JsonNode body = expected.body();
        if (body != null) {
            String text = Objects.requireNonNull(expand(Matching.textOf(body)));
            JsonNode expanded = body.isTextual() ? TextNode.valueOf(text) : body;
            check(subject + "body", text, actual.text(), Matching.body(expanded, actual.text()));
        }
    }

    private void text(String subject, @Nullable String expected, String actual) {
        String text = expand(expected);
        check(subject, text, actual, text != null && Matching.text(text, actual));
    }

    private void check(String subject, @Nullable Integer expected, long actual) {
        check(subject, expected, actual, expected != null && expected == actual);
    }

    private void check(String subject, @Nullable Object expected, Object actual, boolean same) {
        if (expected != null && !same) {
            problems.add("%s: expected %s, was %s".formatted(subject, shown(expected), shown(actual)));
        }
    }

    private static boolean contains(String text, String part) {
        return Matching.text("{any}" + part + "{any}", text);
    }

    private @Nullable String expand(@Nullable String text) {
        return text == null ? null : text.replace(CaseFile.SERVER, server);
    }

    private static String shown(Object value) {
        String line = value.toString().replace("\r", "\\r").replace("\n", "\\n");
        String cut = line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
        return cut.isEmpty() ? "nothing" : cut;
    }
}
