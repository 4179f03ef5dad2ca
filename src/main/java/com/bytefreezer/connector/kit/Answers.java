package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.CaseFile.Success;
import com.bytefreezer.connector.kit.Faults.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a server of the destination's kind says what it has taken, after the template in the case file. */
final class Answers {
    private final Success template;

    Answers(Success template) {
        this.template = template;
    }

    /** Whether there are answers that take a part of the records. */
    boolean canBePartial() {
        return template.openItem() != null;
    }

    Answer all(List<Integer> records) {
        return answer(records, records);
    }

    /** Takes the first, the third… record. */
    Answer everyOther(List<Integer> records) {
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < records.size(); i += 2) {
            taken.add(records.get(i));
        }
        return answer(records, taken);
    }

    private Answer answer(List<Integer> records, List<Integer> taken) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            items.add(text(taken.contains(records.get(i)) ? template.item() : template.openItem()));
        }
        String body = Objects.requireNonNullElse(template.body(), "")
                .replace("{items}", String.join(",", items))
                .replace("{partial}", String.valueOf(taken.size() < records.size()));
        Reply reply = Reply.of(Objects.requireNonNullElse(template.status(), 200), body);
        for (Map.Entry<String, String> header : Objects.requireNonNullElse(template.headers(), Map.<String, String>of())
                .entrySet()) {
            reply = reply.header(header.getKey(), header.getValue());
        }
        return new Answer(reply, taken, false);
    }

    private static String text(@Nullable JsonNode item) {
        return item == null ? "" : Matching.textOf(item);
    }
}
