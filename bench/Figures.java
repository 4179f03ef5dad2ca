import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints measurements. */
final class Figures {
    private Figures() {}

    static String ratio(double ratio) {
        return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, "%.2f", ratio);
    }

    static String title(Bench.Dataset dataset) {
        return String.format(
                Locale.ROOT, "%s: %,d records in %,d objects", dataset.name(), dataset.records(), dataset.objects());
    }

    static void row(String name, String... cells) {
        System.out.println(Arrays.stream(cells)
                .map(cell -> String.format("%12s", cell))
                .collect(Collectors.joining("", String.format("  %-36s", name), ""))
                .stripTrailing());
    }

    static String rate(long count, double seconds) {
        return Double.isNaN(seconds) ? "failed" : String.format(Locale.ROOT, "%,.0f", count / seconds);
    }

    static String seconds(double seconds) {
        return Double.isNaN(seconds) ? "failed" : String.format(Locale.ROOT, "%.2f s", seconds);
    }

    static String cpu(Bench.Measured run) {
        return seconds(run.cpuSeconds());
    }

    static String megabytes(Bench.Measured run) {
        return Double.isNaN(run.peakBytes()) || run.peakBytes() == 0
                ? ""
                : String.format(Locale.ROOT, "%,.0f MB", run.peakBytes() / 1e6);
    }
}
