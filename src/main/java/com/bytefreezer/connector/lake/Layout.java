package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.Names;
import com.bytefreezer.connector.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code lake.layout}: where the folder of a dataset is, and the other way round, which datasets there are. */
final class Layout {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(tenant|dataset)}");
    /** What stands for the tenant where the layout has none. */
    private static final String ONLY_TENANT = "default";
    /** Each look is a request that waits for the lake. */
    private static final int AT_ONCE = 8;

    private final String layout;

    private Layout(String layout) {
        this.layout = layout;
    }

    static Layout of(Settings settings) {
        return new Layout(settings.text("lake.layout")
                .replace("{account}", settings.optional("control.account-id").orElse(""))
                .replaceAll("/+", "/")
                .replaceAll("^/|/$", ""));
    }

    /** Folders of a lake, each path with a trailing slash, or empty for the root. Safe for use by several threads. */
    interface Folders {
        /** The names of those right below {@code path}. */
        List<String> below(String path);

        /** Whether there is anything below {@code path}. */
        boolean exists(String path);
    }

    /** The folder of a dataset below the root. */
    String folder(String tenant, String dataset) {
        return layout.replace("{tenant}", tenant).replace("{dataset}", dataset);
    }

    /** The datasets that have a folder, found without looking into it; where there are many, several at a time. */
    List<Lake.Name> find(Folders folders) {
        List<Possible> found = new ArrayList<>();
        find(folders, "", List.of(layout.split("/")), null, null, found);
        ForkJoinPool looks = new ForkJoinPool(AT_ONCE);
        try {
            return looks.submit(() -> found.parallelStream()
                            .filter(one -> folders.exists(one.folder))
                            .map(Possible::name)
                            .toList())
                    .join();
        } finally {
            looks.shutdownNow();
        }
    }

    /** A dataset by the names above its folder, which may not be there. */
    private record Possible(Lake.Name name, String folder) {}

    @Override
    public String toString() {
        return layout;
    }

    private static void find(
            Folders folders,
            String path,
            List<String> segments,
            @Nullable String tenant,
            @Nullable String dataset,
            List<Possible> found) {
        if (segments.stream().noneMatch(segment -> PLACEHOLDER.matcher(segment).find())) {
            String rest = segments.stream().map(segment -> segment + "/").collect(Collectors.joining());
            if (dataset != null && Names.isOfDataset(dataset) && (tenant == null || Names.isOfDataset(tenant))) {
                found.add(new Possible(new Lake.Name(tenant == null ? ONLY_TENANT : tenant, dataset), path + rest));
            }
            return;
        }
        String segment = segments.get(0);
        List<String> rest = segments.subList(1, segments.size());
        if (!PLACEHOLDER.matcher(segment).find()) {
            find(folders, path + segment + "/", rest, tenant, dataset, found);
            return;
        }
        Pattern names = Pattern.compile(
                Stream.of(PLACEHOLDER.split(segment, -1)).map(Pattern::quote).collect(Collectors.joining("(.+)")));
        List<String> placeholders = PLACEHOLDER
                .matcher(segment)
                .results()
                .map(match -> match.group(1))
                .toList();
        for (String name : folders.below(path)) {
            Matcher matcher = names.matcher(name);
            if (matcher.matches()) {
                int ofTenant = placeholders.indexOf("tenant") + 1;
                int ofDataset = placeholders.indexOf("dataset") + 1;
                find(
                        folders,
                        path + name + "/",
                        rest,
                        ofTenant > 0 ? matcher.group(ofTenant) : tenant,
                        ofDataset > 0 ? matcher.group(ofDataset) : dataset,
                        found);
            }
        }
    }
}
