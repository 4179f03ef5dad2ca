import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Measures the resources of processes from outside. */
final class Processes {
    private Processes() {}

    record Watched(double cpuSeconds, long peakBytes) {}

    /** Observes a process until it ends. */
    static Watched watch(Process process) throws InterruptedException {
        double cpuSeconds = 0;
        long peakBytes = 0;
        do {
            cpuSeconds = Math.max(cpuSeconds, cpuSeconds(process.toHandle()));
            peakBytes = Math.max(peakBytes, peakBytes(process.pid()));
        } while (!process.waitFor(10, TimeUnit.MILLISECONDS));
        return new Watched(cpuSeconds, peakBytes);
    }

    static double cpuSeconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1000.0;
    }

    /** Linux only; 0 elsewhere. */
    static long peakBytes(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> number(line) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException ended) {
            return 0;
        }
    }

    static long number(String text) {
        return Long.parseLong(text.replaceAll("\\D", ""));
    }

    static double secondsSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e9;
    }
}
