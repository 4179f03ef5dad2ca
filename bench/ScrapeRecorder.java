import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Records the view of Prometheus every 15 s. */
final class ScrapeRecorder {
    private static final Duration SCRAPE = Duration.ofSeconds(15);

    private final int port;
    private final long begun = System.nanoTime();
    private final Map<String, List<String>> series = new TreeMap<>();
    private int scrapes;
    private final List<Integer> up = new ArrayList<>();

    ScrapeRecorder(int port) {
        this.port = port;
    }

    void scrapeIfDue() {
        if (System.nanoTime() - begun < scrapes * SCRAPE.toNanos()) {
            return;
        }
        String page = ConnectorAnswers.body(port, "/metrics").orElse("");
        up.add(page.isEmpty() ? 0 : 1);
        page.lines()
                .filter(line -> line.matches("(bytefreezer_connector_|process_start_time|jvm_memory_(used|max)).*"))
                .forEach(line -> {
                    List<String> values = series.computeIfAbsent(
                            line.substring(0, line.lastIndexOf(' ')), any -> new ArrayList<>());
                    while (values.size() < scrapes) {
                        values.add("_");
                    }
                    values.add(line.substring(line.lastIndexOf(' ') + 1));
                });
        scrapes++;
        series.values().forEach(values -> {
            while (values.size() < scrapes) {
                values.add("_");
            }
        });
    }

    void write(Path file) throws IOException {
        StringBuilder text = new StringBuilder("interval: 15s\ninput_series:\n");
        text.append("  - series: up\n    values: ").append(words(up)).append('\n');
        series.forEach((name, values) -> text.append("  - series: ")
                .append(name)
                .append("\n    values: ")
                .append(String.join(" ", values))
                .append('\n'));
        Files.writeString(file, text.toString());
    }

    private static String words(List<Integer> values) {
        return String.join(" ", values.stream().map(String::valueOf).toList());
    }

    /** Evaluates the rules of deploy/prometheus/alerts.yaml over the record: the condition and its minimum duration. */
    String alerts() {
        List<String> fired = new ArrayList<>();
        alert(fired, "ExportRetrying", first("bytefreezer_connector_retrying", value -> value > 60), 60);
        alert(fired, "DeadLetters", first("bytefreezer_connector_records_rejected_total", value -> value > 0), 0);
        alert(
                fired,
                "ConnectorDiskFull",
                first("bytefreezer_connector_disk_free_bytes", value -> value < 268_435_456),
                300);
        alert(fired, "ExportFailing", first("bytefreezer_connector_failing", value -> value == 1), 900);
        alert(fired, "ConnectorRestarts", thirdChange(), 0);
        return fired.isEmpty() ? FailureMatrix.NEVER : String.join(", ", fired);
    }

    private interface Condition {
        boolean holds(double value);
    }

    private int first(String name, Condition condition) {
        int first = Integer.MAX_VALUE;
        for (Map.Entry<String, List<String>> each : series.entrySet()) {
            for (int i = 0; i < each.getValue().size() && each.getKey().startsWith(name + "{"); i++) {
                String value = each.getValue().get(i);
                if (!value.equals("_") && condition.holds(Double.parseDouble(value))) {
                    first = Math.min(first, i);
                }
            }
        }
        return first;
    }

    private int thirdChange() {
        String last = "_";
        int changes = 0;
        List<String> starts = series.getOrDefault("process_start_time_seconds", List.of());
        for (int i = 0; i < starts.size(); i++) {
            if (!starts.get(i).equals("_")) {
                changes += last.equals("_") || last.equals(starts.get(i)) ? 0 : 1;
                last = starts.get(i);
            }
            if (changes > 2) {
                return i;
            }
        }
        return Integer.MAX_VALUE;
    }

    private static void alert(List<String> fired, String name, int scrape, int lasting) {
        if (scrape != Integer.MAX_VALUE) {
            long seconds = scrape * SCRAPE.toSeconds() + lasting;
            fired.add("`%s` after %s".formatted(name, seconds < 120 ? seconds + " s" : (seconds + 30) / 60 + " min"));
        }
    }
}
