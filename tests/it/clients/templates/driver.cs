// A driver in C#: one process per scenario, or one for all with --driver. Your client goes into Upload.
using System; using System.Collections; using System.Collections.Generic; using System.Linq; using System.Text;
using System.Text.RegularExpressions; using System.Runtime.Serialization.Json; using System.Xml; using System.Xml.Linq;

static class Driver {
    /// Uploads the file at words["file"]; an exception is a claim of failure.
    static void Upload(IDictionary<string, string> words) {
        throw new Exception("call your client here: " + words["endpoint"] + words["key"]);
    }

    /// The members of a claim, without braces.
    static string Claim(IDictionary<string, string> words) {
        if (words["op"] != "upload") return "\"outcome\":\"unsupported\"";
        try { Upload(words); return "\"outcome\":\"ok\""; }
        catch (Exception error) {
            var detail = Regex.Replace(error.Message, "[\"\\\\\\p{Cc}]", found => "\\u" + ((int) found.Value[0]).ToString("x4"));
            return "\"outcome\":\"api_error\",\"detail\":\"" + detail + "\"";
        }
    }

    static int Main() {
        if (Environment.GetEnvironmentVariable("SLICECHECK_OP") != null) {
            var words = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .Where(variable => variable.Key.ToString().StartsWith("SLICECHECK_"))
                .ToDictionary(variable => variable.Key.ToString().Substring(11).ToLower(), variable => variable.Value.ToString());
            var said = Claim(words);
            Console.WriteLine("{" + said + "}");
            return said.Contains(":\"ok\"") ? 0 : said.Contains(":\"unsupported\"") ? 89 : 1;
        }
        for (string line; (line = Console.ReadLine()) != null;) {
            var reader = JsonReaderWriterFactory.CreateJsonReader(Encoding.UTF8.GetBytes(line), XmlDictionaryReaderQuotas.Max);
            var words = XElement.Load(reader).Elements().ToDictionary(word => word.Name.LocalName, word => word.Value);
            var said = words.ContainsKey("hello") ? "\"name\":\"my driver\"" : "\"id\":" + words["id"] + "," + Claim(words);
            Console.WriteLine("{" + said + "}");
        }
        return 0;
    }
}
