package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.kit.CaseFile.Success;
import com.bytefreezer.connector.kit.Faults.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The answers of a server of the destination's kind, from the template in the case file. */
final class Answers {
    private final Success template;

    Answers(Success template) {
        this.template = template;
    }

    /** Whether there are answers that accept a part of the records. */
    boolean canBePartial() {
        return template.openItem() != null;
    }

    Answer all(List<Integer> records) {
        return answer(records, records, template.item());
    }

    /** Accepts the first, the third… record. */
    Answer everyOther(List<Integer> records) {
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < records.size(); i += 2) {
            taken.add(records.get(i));
        }
        return answer(records, taken, template.openItem());
    }

    /** Refuses one record for good, in the words of such a server. */
    Answer refusing(List<Integer> records, int refused) {
        if (template.refused() != null && template.item() != null) {
            List<Integer> taken =
                    records.stream().filter(record -> record != refused).toList();
            return answer(records, taken, template.refused());
        }
        String body = template.refused() == null ? "record not wanted" : text(template.refused());
        String position = String.valueOf(records.indexOf(refused));
        return Answer.refusing(withHeaders(Reply.of(400, body.replace("{position}", position))));
    }

    private Answer answer(List<Integer> records, List<Integer> taken, @Nullable JsonNode itemOfOthers) {
        List<String> items = new ArrayList<>();
        for (Integer record : records) {
            items.add(text(taken.contains(record) ? template.item() : itemOfOthers));
        }
        String body = Objects.requireNonNullElse(template.body(), "")
                .replace("{items}", String.join(",", items))
                .replace("{partial}", String.valueOf(taken.size() < records.size()));
        Reply reply = Reply.of(Objects.requireNonNullElse(template.status(), 200), body);
        return new Answer(withHeaders(reply), taken, false);
    }

    private Reply withHeaders(Reply reply) {
        Reply complete = reply;
        for (Map.Entry<String, String> header : Objects.requireNonNullElse(template.headers(), Map.<String, String>of())
                .entrySet()) {
            complete = complete.header(header.getKey(), header.getValue());
        }
        return complete;
    }

    private static String text(@Nullable JsonNode item) {
        return item == null ? "" : Matching.textOf(item);
    }
}
