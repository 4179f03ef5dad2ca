package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/operations.md, done word for word: its commands run, its outputs compared. The first ten records of each of the
 * sample's objects go to a webhook that refuses the fourth one of each until they are replayed.
 */
class OperationsIT {
    @TempDir
    private Path folder;

    @Test
    void everyCommandWorks() throws Exception {
        try (WebhookServer server = WebhookServer.start()) {
            server.replyWhen(request -> request.text().contains("\"n\":3}"), Reply.of(400, "bad record"));
            WrittenPage.Done done = new WrittenPage("docs/operations.md", folder)
                    .environment("DESTINATION_TYPE", "webhook")
                    .environment("DESTINATION_WEBHOOK_URL", server.url())
                    .environment(
                            "QUERY_SQL",
                            "SELECT message, file_row_number AS n FROM read_parquet('PARQUET_PATH', file_row_number=true)"
                                    + " WHERE file_row_number < 10")
                    .before(commands -> {
                        if (commands.contains("--mode replay")) {
                            server.replyWhen(request -> true, Reply.of(200));
                        }
                    })
                    .sql(this::query)
                    .comparing(OperationsIT::withoutTimes)
                    .run();
            assertThat(done.compared()).isEqualTo(5);
            // All of them, and the range again.
            assertThat(server.records()).hasSizeGreaterThan(120).hasSizeLessThan(240);
        }
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
