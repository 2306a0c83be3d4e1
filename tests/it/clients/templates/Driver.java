// A driver in Java: one process per scenario, or one for all with --driver. Your client goes into `upload`.
import java.util.*;
import java.util.regex.*;

class Driver {
    /** Uploads the file at words.get("file"); an exception is a claim of failure. */
    static void upload(Map<String, String> words) throws Exception {
        throw new Exception("call your client here: " + words.get("endpoint") + words.get("key"));
    }

    /** The members of a claim, without braces. */
    static String claim(Map<String, String> words) {
        if (!words.get("op").equals("upload")) return "\"outcome\":\"unsupported\"";
        try { upload(words); return "\"outcome\":\"ok\""; } catch (Exception error) {
            return "\"outcome\":\"api_error\",\"detail\":\"" + String.valueOf(error.getMessage()).replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"";
        }
    }

    /** The members of a flat object of strings and numbers: any library for JSON can do more. */
    static Map<String, String> parse(String line) {
        Map<String, String> words = new HashMap<>();
        Matcher member = Pattern.compile("\"(\\w+)\":(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\d+))").matcher(line);
        while (member.find()) words.put(member.group(1), member.group(member.group(2) == null ? 3 : 2).translateEscapes());
        return words;
    }

    public static void main(String[] arguments) {
        Map<String, String> words = new HashMap<>();
        System.getenv().forEach((name, value) -> words.put(name.replace("SLICECHECK_", "").toLowerCase(), value));
        if (System.getenv("SLICECHECK_OP") != null) {
            String said = claim(words);
            System.out.println("{" + said + "}");
            System.exit(said.contains(":\"ok\"") ? 0 : said.contains(":\"unsupported\"") ? 89 : 1);
        }
        for (Scanner lines = new Scanner(System.in, "UTF-8"); lines.hasNextLine(); System.out.flush()) {
            Map<String, String> line = parse(lines.nextLine());
            System.out.println("{" + (line.get("hello") != null ? "\"name\":\"my driver\"" : "\"id\":" + line.get("id") + "," + claim(line)) + "}");
        }
    }
}
