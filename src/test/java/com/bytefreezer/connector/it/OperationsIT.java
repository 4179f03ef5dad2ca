package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Routes;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/operations.md, done word for word: its commands run, its outputs compared. The first ten records of each of the
 * sample's objects go to a webhook that refuses the fourth one of each until they are replayed.
 */
class OperationsIT {
    private static final Pattern BLOCK =
            Pattern.compile("^```(?<kind>[a-z]+)\\n(?<text>.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    @TempDir
    private Path folder;

    @Test
    void everyCommandWorks() throws Exception {
        Path project = TestTools.projectDirectory();
        Routes.copyTo(folder.resolve("routes"));
        for (String name : List.of("target", "samples")) {
            Files.createSymbolicLink(folder.resolve(name), project.resolve(name));
        }
        List<String> compared = new ArrayList<>();
        try (WebhookServer server = WebhookServer.start()) {
            server.replyWhen(request -> request.text().contains("\"n\":3}"), Reply.of(400, "bad record"));
            String printed = "";
            for (var block : BLOCK.matcher(Files.readString(project.resolve("docs/operations.md")))
                    .results()
                    .toList()) {
                String text = block.group(2);
                switch (block.group(1)) {
                    case "bash" -> {
                        if (text.contains("--mode replay")) {
                            server.replyWhen(request -> true, Reply.of(200));
                        }
                        printed = run(text, server.url().toString());
                    }
                    case "sql" -> printed = query(text);
                    case "text" -> {
                        assertThat(withoutTimes(printed)).isEqualTo(withoutTimes(text));
                        compared.add(text);
                    }
                    default -> throw new AssertionError(block.group(1));
                }
            }
            assertThat(compared).hasSize(5);
            // All of them, and the range again.
            assertThat(server.records()).hasSizeGreaterThan(120).hasSizeLessThan(240);
        }
    }

    private String run(String commands, String url) throws Exception {
        Path errors = folder.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder("bash", "-ec", commands)
                .directory(folder.toFile())
                .redirectError(errors.toFile());
        builder.environment()
                .putAll(Map.of(
                        "DESTINATION_TYPE",
                        "webhook",
                        "DESTINATION_WEBHOOK_URL",
                        url,
                        "QUERY_SQL",
                        "SELECT message, file_row_number AS n FROM read_parquet('PARQUET_PATH', file_row_number=true)"
                                + " WHERE file_row_number < 10"));
        Process process = builder.start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(commands + printed + Files.readString(errors))
                .isZero();
        return printed;
    }

    private String query(String sql) throws Exception {
        StringBuilder rows = new StringBuilder();
        try (var connection =
                        DriverManager.getConnection("jdbc:sqlite:file:" + folder.resolve("cursor.db") + "?mode=ro");
                var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            while (row.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    columns.add(String.valueOf(row.getString(i)));
                }
                rows.append(String.join(" ", columns)).append('\n');
            }
        }
        return rows.toString();
    }

    private static String withoutTimes(String text) {
        return text.replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", "TIME");
    }
}
