package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that DuckDB may use, from the setting {@code duckdb.memory-limit}. A size applies to each database. With {@code auto}, all databases of the process share two thirds of the memory that the machine or the container has beside the heap.
 *
 * @param bytes of each database, or of all together
 * @param isShared whether all databases share it
 */
public record MemoryLimit(long bytes, boolean isShared) {
    private static final Pattern SIZE = Pattern.compile("(?i)([\\d.]+)\\s*([KMGT])(i?)B");
    /** With less, even small objects fail. */
    private static final long LEAST = 128_000_000;

    /** The limit of {@code settings} on this machine. */
    public static MemoryLimit of(Settings settings) {
        String given = settings.text("duckdb.memory-limit");
        if (!given.equals("auto")) {
            return new MemoryLimit(bytes(given), false);
        }
        return shared(memory(), Runtime.getRuntime().maxMemory());
    }

    /** The memory of a query of the page, in bytes. */
    public static long ofQuery(Settings settings) {
        return of(settings).each(settings.integer("server.max-queries"));
    }

    /**
     * Two thirds of the rest. The remainder is for memory that DuckDB does not count, and for other programs. Less is not enough for records of 450 columns in a container of 512 MB.
     *
     * @param memory of the machine or container
     * @param heap the maximum of Java's heap
     */
    static MemoryLimit shared(long memory, long heap) {
        return new MemoryLimit(Math.max(LEAST, (memory - heap) / 3 * 2), true);
    }

    /** The limit for one of several databases that are open at the same time. Half of a shared limit is kept for {@link #alone}. */
    public long each(int databases) {
        return isShared && databases > 1 ? Math.max(LEAST, bytes / 2 / databases) : bytes;
    }

    /** The limit for an object that did not fit beside others; the process reads one such object at a time. */
    public long alone(int databases) {
        return isShared && databases > 1 ? Math.max(LEAST, bytes / 2) : bytes;
    }

    /** One sentence for a person who starts the connector with {@code lanes} lanes. */
    public String describe(int lanes) {
        if (!isShared) {
            return "DuckDB may use %s of memory for each lane (duckdb.memory-limit)".formatted(text(bytes));
        }
        String all =
                "DuckDB may use %s of memory (duckdb.memory-limit=auto: two thirds of the %s here, less the heap of %s)"
                        .formatted(
                                text(bytes),
                                text(memory()),
                                text(Runtime.getRuntime().maxMemory()));
        return lanes < 2
                ? all
                : "%s: %s for each of %d lanes, %s for an object that does not fit beside others"
                        .formatted(all, text(each(lanes)), lanes, text(alone(lanes)));
    }

    /** {@code bytes} in a form for DuckDB and for people. */
    public static String text(long bytes) {
        return bytes >= 10_000_000_000L
                ? String.format(Locale.ROOT, "%.1fGB", bytes / 1e9)
                : "%dMB".formatted(bytes / 1_000_000);
    }

    private static long bytes(String size) {
        Matcher parts = SIZE.matcher(size);
        if (!parts.matches()) {
            throw new IllegalArgumentException(size);
        }
        int power = "KMGT".indexOf(parts.group(2).toUpperCase(Locale.ROOT)) + 1;
        return (long)
                (Double.parseDouble(parts.group(1)) * Math.pow(parts.group(3).isEmpty() ? 1000 : 1024, power));
    }

    /** The memory of the container, if there is one: Java reads its cgroup. */
    private static long memory() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }
}
