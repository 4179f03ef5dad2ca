package com.bytefreezer.connector.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.Counts;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of packs, as docs/ingest.md writes them. */
class RecipesTest {
    private static final Pattern EXAMPLE = Pattern.compile("`routes/packs/(\\S+)`.*?```yaml\n(.*?)```", Pattern.DOTALL);

    @TempDir
    private Path folder;

    private Path packs;

    @BeforeEach
    void write() throws IOException {
        packs = Files.createDirectories(Routes.copyTo(folder.resolve("routes")).resolve("packs"));
        String page = Files.readString(TestTools.projectDirectory().resolve("docs/ingest.md"));
        for (var each : EXAMPLE.matcher(page).results().toList()) {
            Files.writeString(packs.resolve(each.group(1)), each.group(2));
        }
    }

    @Test
    void theExamplesOfThePageWorkAsWritten() throws Exception {
        Recipes recipes = new Recipes(settings());
        assertThat(counts(recipes, "app-1", "{\"level\":\"debug\",\"msg\":\"a\"}\n{\"level\":\"info\",\"msg\":\"b\"}"))
                .isEqualTo(new Counts(1, 1, 0, 0));
        Counts sampled = counts(
                recipes,
                "web",
                IntStream.range(0, 1000)
                        .mapToObj(i -> "{\"status\":%d,\"request_id\":\"r%d\"}".formatted(i < 100 ? 500 : 200, i))
                        .collect(Collectors.joining("\n")));
        assertThat(sampled.packed()).isBetween(130L, 250L);
        assertThat(sampled.received()).isEqualTo(1000);
        assertThat(counts(recipes, "firewall", "{\"SRC\":\"10.20.1.11\"}\n{\"SRC\":\"192.0.2.1\"}"))
                .isEqualTo(new Counts(2, 0, 0, 0));
        assertThat(counts(recipes, "web-types", "{\"port\":22}\n{\"port\":\"n/a\"}"))
                .isEqualTo(new Counts(1, 0, 1, 0));
        assertThat(recipes.of(new DatasetName("acme", "other"))).isEmpty();
    }

    @Test
    void aChangedFileCountsFromTheNextPackOn() throws Exception {
        Recipes recipes = new Recipes(settings());
        Path file = packs.resolve("sample.camel.yaml");
        String right = Files.readString(file);
        DatasetName web = new DatasetName("acme", "web");
        assertThat(recipes.haveChanged()).isFalse();
        Files.writeString(file, right.replace("SELECT *", "SELEC *"));
        assertThat(recipes.haveChanged()).isTrue();
        assertThatThrownBy(() -> recipes.of(web))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("pack of dataset acme/web: SQL: line 1, column 1: ")
                .hasMessageContaining("Its events stay where they are until that is mended.");
        assertThatThrownBy(() -> new Recipes(settings()))
                .hasMessageStartingWith("pack sample: SQL: line 1, column 1: ")
                .hasMessageContaining("Not started.");
        Files.writeString(file, right.replace("name: dataset", "name: datasets"));
        assertThatThrownBy(() -> recipes.of(web)).hasMessageContaining("datasets is not a parameter of a pack");
        assertThatThrownBy(this::settings)
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("pack sample: datasets is not a parameter of a pack");
        Files.writeString(file, right);
        assertThat(recipes.of(web)).isPresent();
    }

    private Settings settings() throws SettingsException {
        Map<String, String> options = Map.of(
                "lake.root",
                "file:" + folder.resolve("lake"),
                "lookups.folder",
                TestTools.projectDirectory().resolve("samples/lookups").toString());
        return Settings.load(new Settings.Sources(
                Mode.PACK, options, Map.of(), null, folder, RouteFiles.in(folder.resolve("routes"))));
    }

    private Counts counts(Recipes recipes, String dataset, String events) {
        Packer packer = new Packer("zstd", 256_000_000, 2, folder.resolve("packs"), folder.resolve("dead"));
        try (Spool spool = Spool.open(folder.resolve("spool"), 10_000_000)) {
            Intake intake = Intake.open(spool.dataset("acme", dataset), Clock.systemUTC());
            EventSplitter splitter = new EventSplitter(Format.NDJSON, 1_000_000, intake.batch());
            byte[] bytes = events.getBytes(UTF_8);
            splitter.take(bytes, 0, bytes.length);
            intake.append(splitter.end(Optional.empty()));
            intake.spool().seal();
            packer.pack(
                    intake.spool().next().orElseThrow(),
                    intake,
                    new FolderShelf(folder.resolve("lake").resolve(dataset)),
                    recipes.of(new DatasetName("acme", dataset)));
            return intake.spool().counts();
        }
    }
}
